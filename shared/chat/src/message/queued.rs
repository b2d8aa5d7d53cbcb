//! Messages that wait for their turn.

use serde::{Deserialize, Serialize};

use super::{NewMessage, Role};
use crate::{
    id::{ChatId, ModelId, QueuedId, UserId},
    model::Effort,
    part::{Part, StoredPart},
    time::Timestamp,
};

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
