//! Boundaries of what the model sees: a summary in place of what was said before, or nothing in its place.
//!
//! A boundary is three messages that follow each other: what the model is told, which people do not see; a call that
//! people see and the model does not; and its result. The context begins at the first of them.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    id::{CallId, MessageId, ModelId},
    limit::BOUNDARIES,
    message::{Message, NewMessage, Role, Usage, Visibility},
    part::{Part, ToolCall, ToolResult},
    record::Chat,
};

/// The tool name under which people see that the model was given a summary.
pub const SUMMARIZED: &str = "chat_summarized";
/// The tool name under which people see that the model has forgotten.
pub const CLEARED: &str = "chat_cleared";
/// Messages that a boundary is made of.
const BOUNDARY_MESSAGES: u64 = 3;
/// What the model is told in place of what was cleared.
const FORGOTTEN: &str = "What was said before this point was cleared on request and is no longer known. Do not \
                         refer to it; what follows is a new conversation.";
/// What stands before a summary, so that the model takes it for what it is.
const SUMMARY_FOLLOWS: &str = "The conversation so far no longer fits into the context and was replaced by this \
                               summary of it. It was written by you for yourself. Go on from here as if you \
                               remembered all of it; do not mention the summary and do not begin anew.";

/// Why a chat is compacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The window was used up as far as it may be, or a prompt did not fit.
    Automatic,
    /// A person asked for it.
    Manual,
}

impl Source {
    /// Returns the word that the wire uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Manual => "manual",
        }
    }
}

/// What a compaction was made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Compaction {
    /// Names the call that people see.
    pub call_id: CallId,
    /// Why.
    pub source: Source,
    /// Per cent of the window from which a chat is compacted.
    pub threshold_percent: u8,
    /// Tokens that were in use.
    pub context_tokens: u64,
    /// Tokens that the window holds.
    pub context_limit: u64,
    /// The model that wrote the summary.
    pub model_id: ModelId,
    /// Tokens of the call that wrote it.
    pub usage: Option<Usage>,
    /// The summary.
    pub summary: String,
}

impl Compaction {
    /// Returns the arguments of the call that people see, before and after.
    #[must_use]
    pub fn args(source: Source, threshold_percent: u8) -> serde_json::Value {
        json!({ "source": source, "threshold_percent": threshold_percent })
    }

    /// Returns the name of the call of the next boundary. It is named by where it stands: message ids are never used
    /// twice, and the same boundary, drafted again, is the same.
    #[must_use]
    pub fn call_id(chat: &Chat) -> CallId {
        call_id(SUMMARIZED, chat)
    }

    pub(crate) fn boundary(self) -> [NewMessage; 3] {
        let Self { call_id, source, threshold_percent, context_tokens, context_limit, .. } = self;
        let usage_percent = context_tokens.saturating_mul(100).checked_div(context_limit);
        let result = json!({
            "summary": self.summary,
            "source": source,
            "threshold_percent": threshold_percent,
            "usage_percent": usage_percent,
            "context_tokens": context_tokens,
            "context_limit_tokens": context_limit,
        });
        let args = Self::args(source, threshold_percent);
        let [told, call, result] =
            boundary(format!("{SUMMARY_FOLLOWS}\n\n{}", self.summary), (call_id, SUMMARIZED), (args, result));
        [told, NewMessage { model_id: Some(self.model_id), usage: self.usage, ..call }, result]
    }
}

pub(crate) fn cleared(chat: &Chat) -> [NewMessage; 3] {
    let call = (call_id(CLEARED, chat), CLEARED);
    boundary(FORGOTTEN.to_owned(), call, (json!({}), json!({ "source": Source::Manual })))
}

fn call_id(name: &str, chat: &Chat) -> CallId {
    CallId(format!("{name}_{}", chat.next_message_id))
}

fn boundary(
    told: String,
    (tool_call_id, tool_name): (CallId, &str),
    (args, result): (serde_json::Value, serde_json::Value),
) -> [NewMessage; 3] {
    let tool_name = tool_name.to_owned();
    let call = ToolCall {
        tool_call_id: tool_call_id.clone(),
        tool_name: tool_name.clone(),
        args,
        provider_executed: false,
    };
    let result = ToolResult {
        tool_call_id,
        tool_name,
        result,
        is_error: false,
        provider_executed: false,
        outcome: None,
    };
    let seen_by =
        |visibility, role, part: Part| NewMessage { visibility, ..NewMessage::of(role, vec![part.into()]) };
    [
        seen_by(Visibility::Model, Role::User, Part::Text { text: told }),
        seen_by(Visibility::User, Role::Assistant, Part::ToolCall(call)),
        seen_by(Visibility::User, Role::Tool, Part::ToolResult(result)),
    ]
}

/// Returns the name of the boundary whose call `message` is, if it is one.
#[must_use]
pub fn boundary_call(message: &Message) -> Option<&str> {
    let names = [SUMMARIZED, CLEARED];
    let call = message.calls().next().filter(|_| message.visibility == Visibility::User)?;
    names.contains(&call.tool_name.as_str()).then_some(call.tool_name.as_str())
}

impl Chat {
    /// Has the context begin at a new boundary.
    pub(crate) fn forget_before(&mut self, boundary: MessageId) {
        let before = std::mem::replace(&mut self.boundary, boundary);
        if before > MessageId(1) {
            self.earlier_boundaries.push(before);
        }
        let surplus = self.earlier_boundaries.len().saturating_sub(BOUNDARIES);
        self.earlier_boundaries.drain(..surplus);
    }

    /// Has the context begin where it did when `message_id` was said: what was forgotten since is gone with what took
    /// its place.
    pub fn remember(&mut self, message_id: MessageId) {
        while message_id < self.boundary {
            self.boundary = self.earlier_boundaries.pop().unwrap_or(MessageId(1));
        }
    }
}

/// Returns the first message that is not part of the boundary itself.
#[must_use]
pub const fn first_since(chat: &Chat) -> MessageId {
    match chat.boundary {
        MessageId(1) => MessageId(1),
        MessageId(boundary) => MessageId(boundary + BOUNDARY_MESSAGES),
    }
}
