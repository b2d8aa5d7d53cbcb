//! Messages as clients see them: without what is for providers only.

use serde::{Deserialize, Serialize};

use super::{Message, Role, Usage, Visibility};
use crate::{
    id::{ChatId, MessageId, ModelId, UserId},
    part::Part,
    time::Timestamp,
};

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

impl Message {
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
