//! What the core needs of the world. Adapters implement these; each function holds the narrowest few.
//!
//! Every call ends within its adapter's timeout. [`Unavailable`] means that it is not known whether the
//! call had its effect; all of them may be repeated.

use std::future::Future;

use uuid::Uuid;

use crate::{
    change::Change,
    cursor::Episode,
    id::{ChatId, ConnectionId, MessageId, OrgId, UserId},
    message::Message,
    model::{ModelError, ModelEvent, ModelRequest},
    part::Delta,
    record::{Chat, Lease, Snapshot, Spec, Status, Versions},
    time::Timestamp,
    wake::Due,
};

/// A dependency did not answer, or not in a way that says what happened.
#[derive(Debug, thiserror::Error)]
#[error("{dependency} is unavailable: {reason}")]
pub struct Unavailable {
    /// Who.
    pub dependency: &'static str,
    /// For the log, never for people.
    pub reason: String,
}

/// The time, and names that nobody else has.
pub trait Clock: Send + Sync {
    /// Returns the wall clock's time.
    fn now(&self) -> Timestamp;
    /// Returns a new UUID of version 7.
    fn new_id(&self) -> Uuid;
}

/// Reads chats, strongly consistent.
pub trait ReadChats: Send + Sync {
    /// Returns a chat with its queue and its ledger as one state; none also for a deleted one.
    fn snapshot(&self, chat_id: ChatId)
    -> impl Future<Output = Result<Option<Snapshot>, Unavailable>> + Send;
    /// Returns what is large and seldom changes, empty if nothing was said.
    fn spec(&self, chat_id: ChatId) -> impl Future<Output = Result<Spec, Unavailable>> + Send;
}

/// Writes transitions.
pub trait CommitChats: Send + Sync {
    /// Writes a change, and the receipt of the request that caused it, both or neither.
    fn commit(
        &self,
        change: &Change,
        receipt: Option<&Receipt>,
    ) -> impl Future<Output = Result<(), CommitError>> + Send;
}

/// Why a change was not written.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The chat has moved on, or exists already, or the receipt does. Nothing was written.
    #[error("the chat has moved on")]
    Conflict,
    /// It may have been written.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Proof that a request was answered, and how; kept for [`crate::limit::RECEIPT_MS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Where the key counts.
    pub scope: Scope,
    /// The client's `Idempotency-Key`.
    pub key: String,
    /// Tells one request from another: a hash of method, path and body.
    pub fingerprint: String,
    /// The status answered.
    pub status: u16,
    /// The body answered.
    pub body: String,
    /// When the key may be used again.
    pub expires_at: Timestamp,
}

/// Where an idempotency key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Among the requests to one chat.
    Chat(ChatId),
    /// Among the requests of one person.
    User(UserId),
}

/// Reads receipts.
pub trait ReadReceipts: Send + Sync {
    /// Returns the receipt of a key, strongly consistent.
    fn receipt(
        &self,
        scope: Scope,
        key: &str,
    ) -> impl Future<Output = Result<Option<Receipt>, Unavailable>> + Send;
}

/// A run of one chat's own messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The chat under which they are stored.
    pub chat_id: ChatId,
    /// The first wanted.
    pub first: MessageId,
    /// The last wanted.
    pub last: MessageId,
    /// Which end comes first.
    pub order: Order,
    /// How many at most.
    pub limit: usize,
}

/// An order of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    Descending,
}

/// Reads messages, strongly consistent.
pub trait ReadHistory: Send + Sync {
    /// Returns a run of messages, visible or not.
    fn messages(&self, range: Range) -> impl Future<Output = Result<Vec<Message>, Unavailable>> + Send;
}

/// Keeps a working step's lease.
pub trait KeepLeases: Send + Sync {
    /// Extends the lease that `lease.worker` holds. False: it holds none any more.
    fn renew(&self, chat_id: ChatId, lease: Lease) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}

/// Streamed parts, kept while they matter.
#[derive(Clone, Debug, PartialEq)]
pub struct Flush {
    /// The chat.
    pub chat_id: ChatId,
    /// The model call.
    pub episode: Episode,
    /// The place of the first part; the others follow without a gap.
    pub first_seq: u64,
    /// The parts.
    pub parts: Vec<Delta>,
    /// When they may go.
    pub expires_at: Timestamp,
}

/// Writes streamed parts.
pub trait LogParts: Send + Sync {
    /// Writes a flush; writing it again changes nothing.
    fn log(&self, flush: &Flush) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Reads streamed parts, strongly consistent.
pub trait ReadParts: Send + Sync {
    /// Returns an episode's parts with their places, in order, without a gap.
    fn parts(
        &self,
        chat_id: ChatId,
        episode: Episode,
    ) -> impl Future<Output = Result<Vec<(u64, Delta)>, Unavailable>> + Send;
}

/// What one strongly consistent query tells a working step.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// The chat's counters.
    pub versions: Versions,
    /// What it is busy with.
    pub status: Status,
    /// Who holds the lease.
    pub lease: Option<Lease>,
    /// Who listens.
    pub listeners: Vec<ConnectionId>,
}

/// Looks at a chat and at who listens to it.
pub trait Observe: Send + Sync {
    /// Returns both in one query; none when the chat is gone.
    fn observe(&self, chat_id: ChatId) -> impl Future<Output = Result<Option<Observed>, Unavailable>> + Send;
}

/// Subscribes sockets to chats.
pub trait KeepListeners: Send + Sync {
    /// Adds a socket, until it is removed or `expires_at`.
    fn listen(
        &self,
        chat_id: ChatId,
        connection: &ConnectionId,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Removes a socket; it may not be there.
    fn unlisten(
        &self,
        chat_id: ChatId,
        connection: &ConnectionId,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Sends wakes.
pub trait SendWakes: Send + Sync {
    /// Sends a wake, to arrive once or more often, after its delay or later.
    fn send(&self, chat_id: ChatId, due: Due) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// A wake's own message, while a step works on it.
pub trait HoldWake: Send + Sync {
    /// Puts off the next delivery of the wake that is being worked on.
    fn hold(&self, for_ms: u64) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Pushes to sockets.
pub trait TellSockets: Send + Sync {
    /// Sends a frame.
    fn tell(
        &self,
        connection: &ConnectionId,
        frame: &str,
    ) -> impl Future<Output = Result<(), TellError>> + Send;
}

/// Why a frame did not go out.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
    /// The socket is closed; it need not be told anything any more.
    #[error("the socket is gone")]
    Gone,
    /// It may be told later; the cursor heals the gap.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Asks models.
pub trait AskModel: Send + Sync {
    /// The answer as it streams.
    type Answer: Answer;
    /// Sends the request and waits for the answer to begin.
    fn ask(&self, request: ModelRequest) -> impl Future<Output = Result<Self::Answer, ModelError>> + Send;
}

/// A streaming answer. Dropping it ends the request.
pub trait Answer: Send {
    /// Returns what comes next; none at the end, which follows [`ModelEvent::Finish`] or an error. May be
    /// cancelled without losing anything.
    fn next(&mut self) -> impl Future<Output = Option<Result<ModelEvent, ModelError>>> + Send;
}

/// Finds chats.
pub trait ListChats: Send + Sync {
    /// Returns a page of an owner's root chats: pinned first by their order, then by newest activity.
    fn list(&self, query: &ListQuery) -> impl Future<Output = Result<ListPage, Unavailable>> + Send;
}

/// Which chats to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// Whose.
    pub owner_id: UserId,
    /// Archived ones or the others.
    pub archived: bool,
    /// Where the last page ended, as [`ListPage::next`] said.
    pub after: Option<String>,
    /// How many at most.
    pub limit: usize,
}

/// A page of chats.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListPage {
    /// The chats.
    pub chats: Vec<Chat>,
    /// Where each of them ends a page, in the same order: opaque, for [`ListQuery::after`].
    pub marks: Vec<String>,
    /// Where this page ended; none after the last.
    pub next: Option<String>,
}

/// Finds chats that somebody must look at.
pub trait ListDue: Send + Sync {
    /// Returns chats of a shard that are due at `now`, the longest due first.
    fn due(
        &self,
        shard: u8,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<ChatId>, Unavailable>> + Send;
}

/// Removes deleted chats.
pub trait EraseChats: Send + Sync {
    /// Removes the items of a chat that is marked as deleted, up to a bound. True: all are gone but those
    /// that forks show.
    fn erase(&self, chat_id: ChatId) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}

/// A person, as far as requests need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Person {
    /// Who.
    pub user_id: UserId,
    /// Of which organisation.
    pub org_id: OrgId,
}

/// Says who a secret belongs to. Secrets are looked up by their SHA-256, in lower-case hex.
pub trait KeepTokens: Send + Sync {
    /// Returns the person of a bearer token.
    fn person(&self, token_hash: &str) -> impl Future<Output = Result<Option<Person>, Unavailable>> + Send;
    /// Makes a token known; doing it again changes nothing. Returns whose it is.
    fn put_token(
        &self,
        token_hash: &str,
        person: Person,
    ) -> impl Future<Output = Result<Person, Unavailable>> + Send;
}

/// One-use tickets for sockets.
pub trait KeepTickets: Send + Sync {
    /// Makes a ticket known until `expires_at`.
    fn put_ticket(
        &self,
        ticket_hash: &str,
        person: Person,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Uses a ticket up. None: unknown, used or expired.
    fn use_ticket(
        &self,
        ticket_hash: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Person>, Unavailable>> + Send;
}

/// Sockets and those of them that watch.
pub trait KeepSockets: Send + Sync {
    /// Remembers a socket and whose it is.
    fn open(
        &self,
        connection: &ConnectionId,
        person: Person,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Returns whose socket it is.
    fn holder(
        &self,
        connection: &ConnectionId,
    ) -> impl Future<Output = Result<Option<Person>, Unavailable>> + Send;
    /// Forgets a socket.
    fn close(&self, connection: &ConnectionId) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Tells a socket of all chats of a person.
    fn watch(
        &self,
        user_id: UserId,
        connection: &ConnectionId,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Stops that.
    fn unwatch(
        &self,
        user_id: UserId,
        connection: &ConnectionId,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Says who watches.
pub trait ReadWatchers: Send + Sync {
    /// Returns the sockets that watch a person's chats, at most [`crate::limit::LISTENERS`].
    fn watchers(
        &self,
        user_id: UserId,
    ) -> impl Future<Output = Result<Vec<ConnectionId>, Unavailable>> + Send;
}
