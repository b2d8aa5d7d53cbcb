//! Tool calls that wait for an answer.

use serde::{Deserialize, Serialize};

use crate::{
    id::{CallId, MessageId},
    part::{ToolCall, ToolResult},
    time::Timestamp,
};

/// Who answers a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answerer {
    /// The step itself, in the invocation that asked the model.
    Step,
    /// A client, over `tool-results`.
    Client,
    /// A person.
    Person,
    /// A workspace, over its socket.
    Workspace,
    /// A child chat, by coming to rest.
    Chat,
    /// A clock.
    Clock,
}

impl Answerer {
    /// Returns whether a chat that waits for this one requires somebody's action.
    #[must_use]
    pub const fn requires_action(self) -> bool {
        match self {
            Self::Client | Self::Person => true,
            Self::Step | Self::Workspace | Self::Chat | Self::Clock => false,
        }
    }
}

/// A call without a result in history, as the chat's own item knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenCall {
    /// The call.
    #[serde(rename = "i")]
    pub id: CallId,
    /// Its tool.
    #[serde(rename = "n")]
    pub tool_name: String,
    /// Who answers it.
    #[serde(rename = "a")]
    pub answerer: Answerer,
    /// Until when, once the chat is parked; none before.
    #[serde(default, rename = "d", skip_serializing_if = "Option::is_none")]
    pub deadline_at: Option<Timestamp>,
    /// Whether its answer is in the ledger, waiting for the others.
    #[serde(default, rename = "r", skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
}

/// A ledger entry: a pending call, written before the call is sent out, and later its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// What the model asked for.
    pub call: ToolCall,
    /// Who answers.
    pub answerer: Answerer,
    /// Until when.
    pub deadline_at: Timestamp,
    /// The message that asked.
    pub message_id: MessageId,
    /// The answer, once it is there and others are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ToolResult>,
}

/// A pending call as `action_required` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PendingView {
    /// The call.
    pub tool_call_id: CallId,
    /// Its tool.
    pub tool_name: String,
    /// A JSON object.
    pub args: serde_json::Value,
    /// When it expires.
    pub deadline_at: Timestamp,
    /// Whether the arguments were too large for a frame; the message has them, over HTTP.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub args_omitted: bool,
}

impl PendingView {
    /// Leaves the arguments out.
    pub(crate) fn omit_args(&mut self) {
        self.args = serde_json::Value::Object(serde_json::Map::new());
        self.args_omitted = true;
    }
}

impl Call {
    /// Returns what clients see.
    #[must_use]
    pub fn view(&self) -> PendingView {
        PendingView {
            tool_call_id: self.call.tool_call_id.clone(),
            tool_name: self.call.tool_name.clone(),
            args: self.call.args.clone(),
            deadline_at: self.deadline_at,
            args_omitted: false,
        }
    }
}
