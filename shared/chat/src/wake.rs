//! Wakes: the messages that make a step look at a chat.

use serde::{Deserialize, Serialize};

use crate::{
    agent::CallToken,
    id::{ChatId, ServerId, UserId, WorkspaceId},
};

/// A wake. It says where to look, never what to do: what to do is in the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// The shape's version, 1.
    pub v: u8,
    /// The chat.
    pub chat_id: ChatId,
    /// Why, for the log.
    pub reason: Reason,
    /// How long it was to be kept back: whatever it waited beyond that, it waited in vain.
    #[serde(default, skip_serializing_if = "is_none")]
    pub delay_s: u32,
}

impl Wake {
    /// The version that this code writes and reads.
    pub const VERSION: u8 = 1;

    /// Returns a wake of the current version, to be delivered at once.
    #[must_use]
    pub const fn new(chat_id: ChatId, reason: Reason) -> Self {
        Self { v: Self::VERSION, chat_id, reason, delay_s: 0 }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_none(delay_s: &u32) -> bool {
    *delay_s == 0
}

/// Has somebody look at a workspace's machine. What to do is in the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineWake {
    /// The shape's version, 1.
    pub v: u8,
    /// The workspace.
    pub workspace_id: WorkspaceId,
}

impl MachineWake {
    /// The version that this code writes and reads.
    pub const VERSION: u8 = 1;

    /// Returns a wake of the current version.
    #[must_use]
    pub const fn new(workspace_id: WorkspaceId) -> Self {
        Self { v: Self::VERSION, workspace_id }
    }
}

/// Has somebody ask a tool server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerErrand {
    /// The shape's version, 1.
    pub v: u8,
    /// What for.
    pub errand: Errand,
}

/// What a tool server is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errand {
    /// To do a pending call: which tool of which server, and with which arguments, is in the ledger.
    Call(CallToken),
    /// To say what it can do.
    Refresh(ServerId),
}

impl ServerErrand {
    /// The version that this code writes and reads.
    pub const VERSION: u8 = 1;

    /// Returns an errand of the current version.
    #[must_use]
    pub const fn new(errand: Errand) -> Self {
        Self { v: Self::VERSION, errand }
    }
}

/// Has somebody look at a workspace's working tree and its pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullWake {
    /// The shape's version, 1.
    pub v: u8,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// Why.
    pub why: Look,
    /// A chat that is to say what there is, whether or not it has worked there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<ChatId>,
}

/// Why a working tree is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// Somebody is interested: its agent has reported, or a person has read the diff.
    Wanted,
    /// It is time to.
    Again,
}

impl PullWake {
    /// The version that this code writes and reads.
    pub const VERSION: u8 = 1;

    /// Returns a wake of the current version.
    #[must_use]
    pub const fn new(workspace_id: WorkspaceId, why: Look) -> Self {
        Self { v: Self::VERSION, workspace_id, why, chat_id: None }
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
    /// A pending call may not have arrived where it is answered.
    Resend,
    /// A child chat has come to rest, and its parent may wait for that.
    Report,
    /// Another step held the lease.
    Lease,
    /// Nobody had looked for too long.
    Sweep,
    /// A deleted chat's items are to go.
    Erase,
    /// A chat is to be named after what was first said in it.
    Title,
    /// How a turn ended is to be said in a few words.
    Label,
}

impl Reason {
    /// Returns its name in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Step => "step",
            Self::Retry => "retry",
            Self::Answer => "answer",
            Self::Deadline => "deadline",
            Self::Resend => "resend",
            Self::Report => "report",
            Self::Lease => "lease",
            Self::Sweep => "sweep",
            Self::Erase => "erase",
            Self::Title => "title",
            Self::Label => "label",
        }
    }
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
