//! Secrets that are stored: sealed on their way in, opened by who uses them.

use super::Unavailable;
use crate::{
    catalogue::Sealed,
    id::{ProviderId, ServerId, UserId},
};

/// Whose key it is. A secret that was sealed for one opens for no other, wherever it is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyOwner {
    /// The deployment's, for a provider.
    Deployment(ProviderId),
    /// A person's, for a provider.
    Person(UserId, ProviderId),
    /// The deployment's, for a tool server.
    Server(ServerId),
    /// What an OAuth 2 server gave for a tool server.
    Grant(ServerId),
}

/// Seals secrets.
pub trait SealSecrets: Send + Sync {
    /// Returns a secret as it may be stored.
    fn seal(&self, owner: KeyOwner, secret: &str)
    -> impl Future<Output = Result<Sealed, Unavailable>> + Send;
}

/// Why a secret cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It was not sealed for this owner, or not by this deployment, or it was changed.
    #[error("the stored key cannot be read")]
    Unreadable,
    /// Who could open it does not do it for us, and will not later.
    #[error("the deployment may not open its stored keys")]
    Refused(#[source] Unavailable),
    /// Who could open it did not answer.
    #[error("the stored key could not be opened")]
    Unavailable(#[source] Unavailable),
}

/// Opens them.
pub trait OpenSecrets: Send + Sync {
    /// Returns the secret.
    fn open(
        &self,
        owner: KeyOwner,
        sealed: &Sealed,
    ) -> impl Future<Output = Result<String, OpenError>> + Send;
}
