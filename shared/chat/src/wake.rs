//! Wakes: the messages that make a step look at a chat.

use serde::{Deserialize, Serialize};

use crate::id::{ChatId, UserId};

/// A wake. It says where to look, never what to do: what to do is in the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// The shape's version, 1.
    pub v: u8,
    /// The chat.
    pub chat_id: ChatId,
    /// Why, for the log.
    pub reason: Reason,
}

impl Wake {
    /// The version that this code writes and reads.
    pub const VERSION: u8 = 1;

    /// Returns a wake of the current version.
    #[must_use]
    pub const fn new(chat_id: ChatId, reason: Reason) -> Self {
        Self { v: Self::VERSION, chat_id, reason }
    }
}

/// Why a chat is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Somebody said something.
    Message,
    /// The turn goes on.
    Step,
    /// A retry's time has come.
    Retry,
    /// The last answer is there.
    Answer,
    /// A pending call's deadline has come.
    Deadline,
    /// Another step held the lease.
    Lease,
    /// Nobody had looked for too long.
    Sweep,
    /// A deleted chat's items are to go.
    Erase,
}

/// When a wake is to be sent, once the change that needs it is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Why.
    pub reason: Reason,
    /// In how long.
    pub delay_ms: u64,
    /// The owner: wakes of one owner do not delay those of others.
    pub group: UserId,
}
