//! Who people and their sockets are.

use super::Unavailable;
use crate::{
    id::{ConnectionId, OrgId, UserId},
    time::Timestamp,
};

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
