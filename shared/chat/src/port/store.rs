//! Where chats live.

use super::Unavailable;
use crate::{
    change::Change,
    id::{ChatId, MessageId, UserId},
    message::Message,
    record::{Lease, Progress, Snapshot, Spec},
    time::Timestamp,
};

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

/// Writes transitions of several chats that only ever happen together.
pub trait CommitFamilies: Send + Sync {
    /// Writes changes, each of another chat: all of them or none.
    fn commit_all(&self, changes: &[Change]) -> impl Future<Output = Result<(), CommitError>> + Send;
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
    /// Extends the lease that its worker holds. False: it holds none any more.
    fn renew(
        &self,
        chat_id: ChatId,
        renewal: Renewal,
    ) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}

/// A working step's sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// Until when it is believed.
    pub lease: Lease,
    /// How far the turn is.
    pub progress: Progress,
    /// When somebody must look at the chat, where that moves.
    pub due_at: Option<Timestamp>,
}

/// Removes deleted chats.
pub trait EraseChats: Send + Sync {
    /// Removes the items of a chat that is marked as deleted, up to a bound. True: all are gone but those
    /// that forks show.
    fn erase(&self, chat_id: ChatId) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}
