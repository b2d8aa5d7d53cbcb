//! Messages: what was said, by whom, and who may see it.

use serde::{Deserialize, Serialize};

use crate::{
    id::{ChatId, MessageId, ModelId, QueuedId, UserId},
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

/// Tokens of a model call, or the sum over several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Read, without what came from or went into a cache.
    pub input_tokens: u64,
    /// Written, reasoning included.
    pub output_tokens: u64,
    /// Read from the provider's prompt cache.
    pub cache_read_tokens: u64,
    /// Written to the provider's prompt cache.
    pub cache_write_tokens: u64,
    /// Written while reasoning; part of `output_tokens`.
    pub reasoning_tokens: u64,
    /// Cost in millionths of a dollar; none when the model has no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micros: Option<u64>,
}

impl Usage {
    /// Returns what the prompt and the answer occupy of the context window.
    #[must_use]
    pub const fn context_tokens(&self) -> u64 {
        self.input_tokens + self.cache_read_tokens + self.cache_write_tokens + self.output_tokens
    }

    /// Adds another call's tokens.
    pub fn add(&mut self, other: &Self) {
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cache_read_tokens += other.cache_read_tokens;
        self.cache_write_tokens += other.cache_write_tokens;
        self.reasoning_tokens += other.reasoning_tokens;
        self.cost_micros = match (self.cost_micros, other.cost_micros) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
    }
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
        self.content.iter().filter_map(|stored| match &stored.part {
            Part::ToolCall(call) if !call.provider_executed => Some(call),
            Part::ToolCall(_)
            | Part::Text { .. }
            | Part::Reasoning { .. }
            | Part::ToolResult(_)
            | Part::Source { .. }
            | Part::File { .. }
            | Part::FileReference { .. }
            | Part::ContextFile { .. }
            | Part::Skill { .. } => None,
        })
    }

    /// Returns the results in it that answer such calls.
    pub fn results(&self) -> impl Iterator<Item = &ToolResult> {
        self.content.iter().filter_map(|stored| match &stored.part {
            Part::ToolResult(result) if !result.provider_executed => Some(result),
            Part::ToolResult(_)
            | Part::Text { .. }
            | Part::Reasoning { .. }
            | Part::ToolCall(_)
            | Part::Source { .. }
            | Part::File { .. }
            | Part::FileReference { .. }
            | Part::ContextFile { .. }
            | Part::Skill { .. } => None,
        })
    }

    /// Returns what clients of `chat_id` see, or none for a message that only the model sees.
    #[must_use]
    pub fn view(&self, chat_id: ChatId) -> Option<MessageView> {
        if self.visibility == Visibility::Model {
            return None;
        }
        Some(MessageView {
            id: self.id,
            chat_id,
            role: self.role,
            content: self.content.iter().map(|stored| stored.part.clone()).collect(),
            created_at: self.created_at,
            created_by: self.created_by,
            model_id: self.model_id,
            usage: self.usage,
            revision: self.revision,
            content_omitted: false,
        })
    }
}

/// A message as clients see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageView {
    /// Its place in the chat.
    pub id: MessageId,
    /// The chat that it is read in.
    pub chat_id: ChatId,
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Vec<Part>,
    /// When it was committed.
    pub created_at: Timestamp,
    /// The person who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<UserId>,
    /// The model that wrote it, or that shall answer it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_id: Option<ModelId>,
    /// Tokens of the call that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// A message replaces one of lower revision.
    pub revision: u64,
    /// Whether the content was too large for a frame; HTTP has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub content_omitted: bool,
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

/// A message that waits for the running turn to end, or, when it steers, for its next step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueuedMessage {
    /// Names it in the queue; not the id that it gets in history.
    pub id: QueuedId,
    /// What is said; parts of a person.
    pub content: Vec<Part>,
    /// When it was queued.
    pub created_at: Timestamp,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<UserId>,
    /// The model that shall answer it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_id: Option<ModelId>,
    /// How hard the model shall think about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<Effort>,
}

impl QueuedMessage {
    /// Returns the message that enters history.
    #[must_use]
    pub fn into_message(self) -> NewMessage {
        NewMessage {
            created_by: self.created_by,
            model_id: self.model_id,
            reasoning_effort: self.reasoning_effort,
            ..NewMessage::of(Role::User, self.content.into_iter().map(StoredPart::from).collect())
        }
    }

    /// Returns what clients of `chat_id` see.
    #[must_use]
    pub fn view(&self, chat_id: ChatId) -> QueuedView {
        QueuedView {
            id: self.id,
            chat_id,
            content: self.content.clone(),
            created_at: self.created_at,
            created_by: self.created_by,
            model_id: self.model_id,
            content_omitted: false,
        }
    }
}

/// A queued message as clients see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueuedView {
    /// Names it in the queue.
    pub id: QueuedId,
    /// The chat that it waits in.
    pub chat_id: ChatId,
    /// What is said.
    pub content: Vec<Part>,
    /// When it was queued.
    pub created_at: Timestamp,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<UserId>,
    /// The model that shall answer it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_id: Option<ModelId>,
    /// Whether the content was too large for a frame; HTTP has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub content_omitted: bool,
}
