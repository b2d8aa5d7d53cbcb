//! What a message is made of, whole and while it streams.

mod cut;
mod delta;

pub use cut::cut;
pub use delta::{Delta, assemble, push_delta};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{id::CallId, time::Timestamp};

/// A part of a message, as clients see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    /// Words.
    Text {
        /// Markdown.
        text: String,
    },
    /// What the model thought before it answered.
    Reasoning {
        /// A summary or the thought itself, as the provider gives it.
        text: String,
        /// When it began.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        started_at: Option<Timestamp>,
        /// When it ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended_at: Option<Timestamp>,
    },
    /// A tool that the model wants run.
    ToolCall(ToolCall),
    /// What a tool answered.
    ToolResult(ToolResult),
    /// Where an answer comes from.
    Source {
        /// The address.
        url: String,
        /// Its title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// An uploaded file.
    File {
        /// The file's id.
        file_id: uuid::Uuid,
        /// Its media type.
        media_type: String,
        /// Its name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// Lines of a file, quoted by a person.
    FileReference {
        /// The file's name.
        file_name: String,
        /// The first line, from 1.
        start_line: u64,
        /// The last line.
        end_line: u64,
        /// The lines.
        content: String,
    },
    /// An instruction file that the chat works under.
    ContextFile {
        /// Its path in the workspace.
        path: String,
        /// Whether its end was cut off.
        truncated: bool,
    },
    /// A skill that the model may read.
    Skill {
        /// Its name.
        name: String,
        /// What it is for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
    },
}

impl Part {
    /// Returns its words, if it is words and nothing else.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { text } => Some(text),
            Self::Reasoning { .. }
            | Self::ToolCall(_)
            | Self::ToolResult(_)
            | Self::Source { .. }
            | Self::File { .. }
            | Self::FileReference { .. }
            | Self::ContextFile { .. }
            | Self::Skill { .. } => None,
        }
    }
}

/// A tool that the model wants run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Names the call; its result carries the same.
    pub tool_call_id: CallId,
    /// Which tool.
    pub tool_name: String,
    /// A JSON object.
    pub args: Value,
    /// Whether the provider runs it itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provider_executed: bool,
}

/// What a tool answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolResult {
    /// The call that this answers.
    pub tool_call_id: CallId,
    /// Which tool.
    pub tool_name: String,
    /// Any JSON.
    pub result: Value,
    /// Whether the tool failed.
    pub is_error: bool,
    /// Whether the provider ran it itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provider_executed: bool,
    /// Whether it is known what the call did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

impl ToolResult {
    /// Returns the error result that closes a call which nobody will answer.
    #[must_use]
    pub fn synthetic(tool_call_id: CallId, tool_name: String, reason: &str) -> Self {
        let result = serde_json::json!({ "error": reason });
        Self { tool_call_id, tool_name, result, is_error: true, provider_executed: false, outcome: None }
    }
}

/// Whether it is known what a call did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The result says what happened.
    Known,
    /// It may or may not have run; it is never silently run again.
    Unknown,
}

/// A part as it is kept: what clients see and what only its provider understands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredPart {
    /// What clients see.
    #[serde(flatten)]
    pub part: Part,
    /// What goes back to the provider on the next turn, and nowhere else.
    #[serde(default, rename = "_provider", skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderItem>,
}

impl StoredPart {
    /// Returns the call that it is, if somebody on our side must answer it.
    #[must_use]
    pub fn call(&self) -> Option<&ToolCall> {
        match &self.part {
            Part::ToolCall(call) => (!call.provider_executed).then_some(call),
            Part::ToolResult(_)
            | Part::Text { .. }
            | Part::Reasoning { .. }
            | Part::Source { .. }
            | Part::File { .. }
            | Part::FileReference { .. }
            | Part::ContextFile { .. }
            | Part::Skill { .. } => None,
        }
    }

    /// Returns the result that it is, if somebody on our side gave it.
    #[must_use]
    pub fn result(&self) -> Option<&ToolResult> {
        match &self.part {
            Part::ToolResult(result) => (!result.provider_executed).then_some(result),
            Part::ToolCall(_)
            | Part::Text { .. }
            | Part::Reasoning { .. }
            | Part::Source { .. }
            | Part::File { .. }
            | Part::FileReference { .. }
            | Part::ContextFile { .. }
            | Part::Skill { .. } => None,
        }
    }
}

impl From<Part> for StoredPart {
    fn from(part: Part) -> Self {
        Self { part, provider: None }
    }
}

/// The provider's own form of a part: signatures, encrypted reasoning, item ids.
///
/// Replayed only to the same wire and model family that made it. Never shown to clients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProviderItem {
    /// Which wire format and provider made it, such as `anthropic_messages/anthropic`.
    pub origin: String,
    /// What the provider needs to see again; the adapter that made it knows the shape.
    pub item: Value,
}
