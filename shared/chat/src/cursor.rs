//! Where a client is.

use serde::{Deserialize, Serialize};

/// A model call, as far as streamed parts are concerned. Later calls compare greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Episode {
    /// The `snapshot_version` of the history that it answers.
    pub history_version: u64,
    /// Which attempt at it, from 1.
    pub generation_attempt: u32,
}

/// What a client has applied. It belongs to the client; any function can bring it up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// The newest state event.
    pub snapshot_version: u64,
    /// The episode of the newest part.
    pub history_version: u64,
    /// The episode of the newest part.
    pub generation_attempt: u32,
    /// The newest part, from 1; 0 before the first.
    pub seq: u64,
}

impl Cursor {
    /// Returns the episode that its parts belong to.
    #[must_use]
    pub const fn episode(&self) -> Episode {
        Episode { history_version: self.history_version, generation_attempt: self.generation_attempt }
    }
}
