//! Messages: what was said, by whom, and who may see it.

mod queued;
mod usage;
mod view;

use serde::{Deserialize, Serialize};

pub use queued::{QueuedMessage, QueuedView};
pub use usage::Usage;
pub use view::MessageView;

use crate::{
    id::{MessageId, ModelId, UserId},
    limit::RESULT_MESSAGES,
    model::Effort,
    part::{Part, StoredPart, ToolCall, ToolResult},
    time::Timestamp,
};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions.
    System,
    /// A person.
    User,
    /// The model.
    Assistant,
    /// A tool's answer.
    Tool,
}

impl Role {
    /// Returns the word that the wire uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// Who sees a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// People and the model.
    #[default]
    Both,
    /// People only.
    User,
    /// The model only; never sent to clients.
    Model,
}

/// A message as it is kept. Never changed after it is written; an edit writes a new one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its place in the chat.
    pub id: MessageId,
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Vec<StoredPart>,
    /// Who sees it.
    #[serde(default)]
    pub visibility: Visibility,
    /// When it was committed.
    pub created_at: Timestamp,
    /// The person who wrote it; none for the model and for synthetic messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<UserId>,
    /// The model that wrote it, or that shall answer it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_id: Option<ModelId>,
    /// How hard the model shall think about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<Effort>,
    /// Tokens of the call that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// The `snapshot_version` that wrote it.
    pub revision: u64,
}

impl Message {
    /// Returns the calls in it that somebody on our side must answer.
    pub fn calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.content.iter().filter_map(StoredPart::call)
    }

    /// Returns the results in it that answer such calls.
    pub fn results(&self) -> impl Iterator<Item = &ToolResult> {
        self.content.iter().filter_map(StoredPart::result)
    }
}

/// A message that has no place in history yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewMessage {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Vec<StoredPart>,
    /// Who sees it.
    pub visibility: Visibility,
    /// The person who wrote it.
    pub created_by: Option<UserId>,
    /// The model that wrote it, or that shall answer it.
    pub model_id: Option<ModelId>,
    /// How hard the model shall think about it.
    pub reasoning_effort: Option<Effort>,
    /// Tokens of the call that wrote it.
    pub usage: Option<Usage>,
}

impl NewMessage {
    /// Returns a message of `role` that everybody sees, with nothing else said about it.
    #[must_use]
    pub fn of(role: Role, content: Vec<StoredPart>) -> Self {
        Self {
            role,
            content,
            visibility: Visibility::Both,
            created_by: None,
            model_id: None,
            reasoning_effort: None,
            usage: None,
        }
    }

    /// Returns a tool's answer.
    #[must_use]
    pub fn result(result: ToolResult) -> Self {
        Self::of(Role::Tool, vec![Part::ToolResult(result).into()])
    }

    /// Returns tools' answers, a message each; what exceeds one write's room shares the last message.
    #[must_use]
    pub fn results(results: Vec<ToolResult>) -> Vec<Self> {
        let mut results = results.into_iter();
        let mut messages: Vec<Self> = results.by_ref().take(RESULT_MESSAGES - 1).map(Self::result).collect();
        let rest: Vec<StoredPart> = results.map(|result| Part::ToolResult(result).into()).collect();
        if !rest.is_empty() {
            messages.push(Self::of(Role::Tool, rest));
        }
        messages
    }

    /// Gives it its place.
    #[must_use]
    pub fn placed(self, id: MessageId, created_at: Timestamp, revision: u64) -> Message {
        Message {
            id,
            role: self.role,
            content: self.content,
            visibility: self.visibility,
            created_at,
            created_by: self.created_by,
            model_id: self.model_id,
            reasoning_effort: self.reasoning_effort,
            usage: self.usage,
            revision,
        }
    }
}
