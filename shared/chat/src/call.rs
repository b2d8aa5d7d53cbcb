//! Tool calls that wait for an answer.

mod look;

pub use look::{Look, next_look};

use serde::{Deserialize, Serialize};

use crate::{
    agent::CallToken,
    id::{CallId, ChatId, MessageId},
    part::{ToolCall, ToolResult},
    time::Timestamp,
    tool::IfLost,
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
    /// The agent in a workspace, over its socket.
    Workspace,
    /// Whoever brings machines up or down, once that is done.
    Machine,
    /// A tool server, asked by a function of its own.
    Server,
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
            Self::Step | Self::Workspace | Self::Machine | Self::Server | Self::Chat | Self::Clock => false,
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
    /// Whether the turn is over once it has succeeded.
    #[serde(default, rename = "e", skip_serializing_if = "std::ops::Not::not")]
    pub ends_turn: bool,
    /// Whether its answer is in the ledger, waiting for the others.
    #[serde(default, rename = "r", skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
}

impl OpenCall {
    /// Returns whether nobody has answered it by its deadline.
    #[must_use]
    pub fn is_late(&self, now: Timestamp) -> bool {
        !self.answered && self.deadline_at.is_some_and(|deadline| deadline <= now)
    }

    /// Returns a call that nobody was given yet.
    #[must_use]
    pub fn of(call: &ToolCall, answerer: Answerer) -> Self {
        Self {
            id: call.tool_call_id.clone(),
            tool_name: call.tool_name.clone(),
            answerer,
            deadline_at: None,
            ends_turn: false,
            answered: false,
        }
    }
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
    /// What becomes of it when nobody can say whether it ran.
    #[serde(default)]
    pub if_lost: IfLost,
    /// Since when the chat is parked for it, where it may get lost on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked_at: Option<Timestamp>,
    /// When whoever answers said that he has it; none while nobody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Timestamp>,
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
    /// Returns a call that waits, to be reported as unknown if it is lost.
    #[must_use]
    pub const fn waiting(
        call: ToolCall,
        answerer: Answerer,
        message_id: MessageId,
        deadline_at: Timestamp,
    ) -> Self {
        let if_lost = IfLost::Report;
        Self {
            call,
            answerer,
            deadline_at,
            message_id,
            if_lost,
            parked_at: None,
            accepted_at: None,
            result: None,
        }
    }

    /// Returns its name for ever.
    #[must_use]
    pub fn token(&self, chat_id: ChatId) -> CallToken {
        let call_id = self.call.tool_call_id.clone();
        CallToken { chat_id, message_id: self.message_id, call_id }
    }

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
