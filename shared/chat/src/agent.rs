//! What a deployment and the agent on a workspace's machine say to each other.
//!
//! The agent dials out, over the socket API. What it is sent are JSON arrays of [`ToAgent`], what it sends is one
//! [`FromAgent`] a message. Calls are named by a [`CallToken`]: one that comes twice runs once, and its answer is kept by
//! the agent until it is acknowledged.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    call::Call,
    diff::FileChange,
    id::{CallId, ChatId, MessageId, WorkspaceId},
    limit::AGENT_ARGS_BYTES,
    part::Outcome,
    time::Timestamp,
    tool::IfLost,
};

/// Names a call for ever: providers name calls anew in each message only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallToken {
    /// The chat.
    pub chat_id: ChatId,
    /// The message that asks.
    pub message_id: MessageId,
    /// The call in it.
    pub call_id: CallId,
}

impl fmt::Display for CallToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.chat_id, self.message_id.0, self.call_id.0)
    }
}

/// A text that names no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no call's token")]
pub struct NoToken;

impl FromStr for CallToken {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, NoToken> {
        let (chat, rest) = text.split_once('.').ok_or(NoToken)?;
        let (message, call) = rest.split_once('.').ok_or(NoToken)?;
        Ok(Self {
            chat_id: chat.parse().map_err(|_| NoToken)?,
            message_id: MessageId(message.parse().map_err(|_| NoToken)?),
            call_id: CallId(call.to_owned()),
        })
    }
}

impl Serialize for CallToken {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CallToken {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What an agent is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToAgent {
    /// It is known. Whatever it must know of follows.
    Welcome {
        /// The workspace whose agent it is.
        workspace_id: WorkspaceId,
    },
    /// A call to run, unless it was given before.
    Call(Box<AgentCall>),
    /// The answers of these calls are in the chat, or nobody wants them any more: they need not be kept.
    Acknowledged {
        /// Which.
        tokens: Vec<CallToken>,
    },
    /// Nobody wants these answered any more; what runs for them shall stop.
    Cancelled {
        /// Which.
        tokens: Vec<CallToken>,
    },
    /// The answer to [`FromAgent::Ping`].
    Pong {},
    /// What it said was not done.
    Refused {
        /// What it asked for.
        action: Value,
        /// A word for programs, as in the HTTP API.
        code: String,
        /// A sentence for people.
        message: String,
    },
}

/// A call as an agent is given it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentCall {
    /// Names it.
    pub token: CallToken,
    /// Which tool.
    pub tool_name: String,
    /// A JSON object; empty where `args_omitted`.
    pub args: Value,
    /// Whether the arguments are too large for a frame: they are at `GET /v1/agent/calls/{token}`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub args_omitted: bool,
    /// When nobody waits any more.
    pub deadline_at: Timestamp,
    /// What to do with it after the agent died while it ran.
    pub if_lost: IfLost,
}

impl AgentCall {
    /// Returns a pending call as its agent is given it.
    #[must_use]
    pub fn of(chat_id: ChatId, call: &Call) -> Self {
        let args_omitted = call.call.args.to_string().len() > AGENT_ARGS_BYTES;
        let args = if args_omitted { Value::Object(Map::new()) } else { call.call.args.clone() };
        Self {
            token: call.token(chat_id),
            tool_name: call.call.tool_name.clone(),
            args,
            args_omitted,
            deadline_at: call.deadline_at,
            if_lost: call.if_lost,
        }
    }
}

/// What an agent says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum FromAgent {
    /// The first thing on each socket: who it is. Answered by [`ToAgent::Welcome`] and every call that is open.
    Hello {
        /// One run of the agent's process.
        run_id: Uuid,
        /// The agent's version.
        version: String,
        /// The machine's system, such as `linux`.
        os: String,
        /// Where relative paths begin.
        folder: String,
    },
    /// These calls have arrived and take longer than a moment: they need not be sent again.
    Accepted {
        /// Which.
        tokens: Vec<CallToken>,
    },
    /// What a running call has put out since the last time.
    Progress {
        /// Which.
        token: CallToken,
        /// What it put out.
        output: String,
    },
    /// Calls are done.
    Answer {
        /// Which, and how; at most [`crate::limit::RESULT_MESSAGES`].
        answers: Vec<AgentAnswer>,
    },
    /// What of the machine concerns chats has changed.
    Report {
        /// What it is now.
        report: Box<Report>,
        /// When, by the machine's clock: reports may overtake each other.
        #[serde(default)]
        seen_at: Timestamp,
    },
    /// Whether somebody listens.
    Ping {},
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentAnswer {
    /// Which.
    pub token: CallToken,
    /// Any JSON; what the model sees.
    pub result: Value,
    /// Whether the tool failed.
    #[serde(default)]
    pub is_error: bool,
    /// Whether it is known what the call did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// What of a machine concerns the chats that work on it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Files that say how to work there, outermost folder first.
    #[serde(default)]
    pub instructions: Vec<InstructionFile>,
    /// Skills that can be read there, by name.
    #[serde(default)]
    pub skills: Vec<SkillMeta>,
    /// The state of the working tree, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<GitState>,
}

/// A file that says how to work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstructionFile {
    /// Its path on the machine.
    pub path: String,
    /// What it says, cut at [`crate::limit::INSTRUCTION_BYTES`].
    pub content: String,
    /// Whether it was cut.
    #[serde(default)]
    pub truncated: bool,
}

/// A skill's name and what it is for; its body is read on demand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkillMeta {
    /// Lower-case words with hyphens.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its folder on the machine.
    pub dir: String,
}

/// A working tree against what it began from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitState {
    /// The branch that is checked out; empty where none is.
    pub branch: String,
    /// The address of `origin`, without credentials; empty where there is none.
    pub remote: String,
    /// The commit that `origin` has of the branch, as far as the tree knows; empty where it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pushed: String,
    /// Lines that came since the base, in all files.
    #[serde(default)]
    pub additions: u64,
    /// Lines that went.
    #[serde(default)]
    pub deletions: u64,
    /// Files that differ.
    #[serde(default)]
    pub changed_files: u64,
    /// Those files, at most [`crate::limit::DIFF_FILES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileChange>,
    /// The unified diff of the tree against the branch's base, cut at [`crate::limit::DIFF_BYTES`].
    pub diff: String,
    /// Whether it was cut.
    #[serde(default)]
    pub truncated: bool,
}
