//! What streams, and who listens to it.

use super::Unavailable;
use crate::{
    cursor::Episode,
    id::{ChatId, ConnectionId},
    part::Delta,
    record::{Lease, Status, Versions},
    time::Timestamp,
};

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

/// Writes parts of one episode for several who do not know of each other: calls that run elsewhere.
pub trait AppendParts: Send + Sync {
    /// Puts a part behind the last one of its episode, and returns its place. None: the episode has as much as it may.
    fn append(
        &self,
        chat_id: ChatId,
        episode: Episode,
        part: &Delta,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<Option<u64>, Unavailable>> + Send;
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
