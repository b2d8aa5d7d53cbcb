//! How tool servers are asked, and what is kept of that.

use uuid::Uuid;

use super::{CommitError, Unavailable};
use crate::{agent::CallToken, id::ServerId, mcp::Grant, time::Timestamp};

/// Has tool servers called.
pub trait CallServers: Send + Sync {
    /// Has somebody make a pending call, once or more often.
    fn call_server(&self, token: &CallToken) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Has tool servers asked what they can do.
pub trait RefreshServers: Send + Sync {
    /// Has somebody ask a server, once or more often.
    fn refresh_server(&self, id: ServerId) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Takes calls, so that nobody else makes them too.
pub trait ClaimCalls: Send + Sync {
    /// Takes a pending call that nobody has accepted, and notes that it is accepted; again for the same `claim`. False:
    /// somebody else has it, or it is not pending any more.
    fn claim(
        &self,
        token: &CallToken,
        claim: Uuid,
        at: Timestamp,
    ) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}

/// Keeps what OAuth 2 servers gave.
pub trait KeepGrants: Send + Sync {
    /// Returns the newest token for a server.
    fn grant(&self, id: ServerId) -> impl Future<Output = Result<Option<Grant>, Unavailable>> + Send;
    /// Writes a token whose [`Grant::revision`] is one above what is stored, 1 for the first.
    ///
    /// # Errors
    /// `Conflict`: somebody else was quicker.
    fn put_grant(&self, id: ServerId, grant: &Grant) -> impl Future<Output = Result<(), CommitError>> + Send;
}

/// Forgets what OAuth 2 servers gave for a tool server that is no more.
pub trait ForgetGrants: Send + Sync {
    /// Removes its newest token, if there is any.
    fn forget_grant(&self, id: ServerId) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
