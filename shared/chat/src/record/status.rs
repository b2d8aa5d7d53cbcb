//! What a chat is busy with.

use serde::{Deserialize, Serialize};

/// What a chat is busy with, as clients see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// At rest.
    Waiting,
    /// A step works, a wake is on its way, or somebody other than a client is to answer a call.
    Running,
    /// A step was asked to stop and has not yet.
    Interrupting,
    /// A client or a person must answer a call.
    RequiresAction,
    /// Stopped by a failure.
    Error,
}

impl Status {
    /// Returns the word that the wire uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Interrupting => "interrupting",
            Self::RequiresAction => "requires_action",
            Self::Error => "error",
        }
    }
}
