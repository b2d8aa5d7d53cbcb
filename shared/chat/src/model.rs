//! What a model is asked and what it answers, in no provider's words.

mod attachments;
mod config;

use std::sync::Arc;

pub use attachments::{Attachment, Attachments, TooManyFiles};
pub use config::{EffortRange, ModelConfig, ModelOptions, Prices};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    catalogue::Access,
    failure::Kind,
    id::ChatId,
    message::{Message, Usage},
    part::{Delta, StoredPart},
};

/// How hard a model thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Not at all.
    None,
    /// As little as it can.
    Minimal,
    /// A little.
    Low,
    /// Somewhat.
    Medium,
    /// Much.
    High,
    /// Very much.
    Xhigh,
    /// As much as it can.
    Max,
}

/// A wire format. It is chosen once per model and carried with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// `POST /v1/messages` of Anthropic.
    AnthropicMessages,
    /// `POST /v1/responses` of `OpenAI`.
    OpenaiResponses,
    /// `POST /v1/chat/completions` of `OpenAI` and of many others.
    OpenaiChat,
    /// `POST /v1beta/models/{model}:streamGenerateContent` of Google.
    GoogleGenerate,
}

/// A tool as a model sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A JSON Schema of its arguments.
    pub input_schema: Value,
}

impl ToolSpec {
    /// Puts tools into the order of their names.
    pub fn sort(tools: &mut [Self]) {
        tools.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

/// One model call: the history from the context boundary, oldest first, calls and results paired.
#[derive(Clone, Debug)]
pub struct ModelRequest {
    /// Which model is asked.
    pub model: Arc<ModelConfig>,
    /// At which provider, and with whose key.
    pub access: Access,
    /// For prompt-cache keys and the provider's logs; not a secret.
    pub chat_id: ChatId,
    /// System prompts, outermost first.
    pub system: Vec<String>,
    /// What was said.
    pub messages: Vec<Arc<Message>>,
    /// The content of files that messages name.
    pub attachments: Attachments,
    /// What the model may call, in a stable order.
    pub tools: Vec<ToolSpec>,
    /// How hard it shall think.
    pub effort: Option<Effort>,
}

/// A piece of the answer. Pieces of one part are not mixed with those of another, except that calls
/// are told apart by their id.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelEvent {
    /// Something to show at once.
    Delta(Delta),
    /// A part is complete; it covers the deltas of its kind (for a call: of its id) since the last one.
    Part(StoredPart),
    /// The answer is complete. Nothing follows. A stream that ends without this failed.
    Finish {
        /// Why it ended.
        reason: StopReason,
        /// Tokens of the call.
        usage: Usage,
    },
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// It said all it wanted.
    End,
    /// It waits for tools.
    ToolCalls,
    /// It reached the limit of its answer.
    Length,
    /// The provider filtered the content or refused.
    Filtered,
}

/// A failed call: what the provider said and what that means.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{provider}: {message}")]
pub struct ModelError {
    /// The provider's name.
    pub provider: String,
    /// The HTTP status, if it came to one.
    pub status: Option<u16>,
    /// The provider's code, such as `overloaded_error`.
    pub code: Option<String>,
    /// The provider's words, or ours where it said nothing.
    pub message: String,
    /// How long it asks us to wait.
    pub retry_after_ms: Option<u64>,
    /// What it means.
    pub kind: Kind,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// Whether the prompt was too long for the model; a shorter one may succeed.
    pub context_overflow: bool,
    /// Whether a whole answer came and is of no use. It may be the request's own doing, and each is paid for: it is
    /// not asked for as often as one that did not come.
    pub useless: bool,
}

impl ModelError {
    /// Returns a failure that we saw and the provider said nothing of; the same call may succeed later.
    #[must_use]
    pub fn ours(provider: &str, kind: Kind, message: impl Into<String>) -> Self {
        Self {
            provider: provider.to_owned(),
            status: None,
            code: None,
            message: message.into(),
            retry_after_ms: None,
            kind,
            retryable: true,
            context_overflow: false,
            useless: false,
        }
    }

    /// Returns the failure for people, with what to do about it.
    #[must_use]
    pub fn failure(&self) -> crate::failure::Failure {
        let sentence = self.kind.sentence(subject(&self.provider));
        let message = match self.kind.remedy() {
            Some(remedy) => format!("{sentence}; {remedy}"),
            None => sentence,
        };
        let detail: String = self.message.chars().take(crate::limit::FAILURE_DETAIL_CHARS).collect();
        crate::failure::Failure {
            message,
            detail: (!detail.is_empty()).then_some(detail),
            kind: self.kind,
            provider: Some(self.provider.clone()),
            status_code: self.status,
            retryable: self.retryable,
        }
    }

    /// Returns the sentence that a retry shows: the same, without what to do.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.kind.sentence(subject(&self.provider))
    }
}

fn subject(provider: &str) -> &str {
    match provider {
        "anthropic" => "Anthropic",
        "openai" => "OpenAI",
        "rehearsal" => "the rehearsal model",
        other => other,
    }
}
