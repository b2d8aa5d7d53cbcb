//! What a model is asked beside a turn and answers in a few words: what a chat is called, how a turn ended.

use std::{sync::Arc, time::Duration};

use chat::{
    failure::Kind,
    id::MessageId,
    message::{Message, NewMessage, Role},
    model::{Attachments, ModelConfig, ModelError, ModelEvent, ModelRequest},
    part::{Delta, Part, StoredPart},
    port::{Answer, AskModel},
    record::Chat,
    spend::Used,
    time::Timestamp,
};

use crate::{money::priced, output::text_of, prompt::Asked};

/// Bytes of an answer that may still be a few words.
const ANSWER_BYTES: usize = 4 * 1024;

/// What a model said.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// All of it, or what came before it became too long.
    pub text: String,
    /// What it used, with what that cost; none where it was cut off, and only its provider knows.
    pub used: Option<Used>,
}

/// Returns a request: instructions, and a text that is material and not for the model to answer.
#[must_use]
pub fn request(chat: &Chat, asked: &Asked, instructions: &str, text: String, now: Timestamp) -> ModelRequest {
    let message = NewMessage::of(Role::User, vec![Part::Text { text }.into()]);
    ModelRequest {
        model: Arc::clone(&asked.model),
        access: asked.access.clone(),
        chat_id: chat.id,
        system: vec![instructions.to_owned()],
        messages: vec![Arc::new(message.placed(MessageId(1), now, 0))],
        attachments: Attachments::default(),
        tools: Vec::new(),
        effort: None,
    }
}

/// Asks, for as long as `patience` lasts.
///
/// # Errors
/// The model's; or it took too long, which is a timeout that another time may not be.
pub async fn ask<M: AskModel>(
    model: &M,
    request: ModelRequest,
    patience: Duration,
) -> Result<Heard, ModelError> {
    let config = Arc::clone(&request.model);
    let heard = tokio::time::timeout(patience, hear(model, request, &config)).await;
    heard.unwrap_or_else(|_| {
        Err(ModelError::ours(&config.provider, Kind::Timeout, "the answer took too long"))
    })
}

async fn hear<M: AskModel>(
    model: &M,
    request: ModelRequest,
    config: &ModelConfig,
) -> Result<Heard, ModelError> {
    let mut answer = model.ask(request).await?;
    let (mut parts, mut size_bytes, mut used) = (Vec::<StoredPart>::new(), 0, None);
    while let Some(event) = answer.next().await {
        match event? {
            ModelEvent::Delta(delta) => size_bytes += Delta::size_bytes(&delta),
            ModelEvent::Part(part) => parts.push(part),
            ModelEvent::Finish { usage, .. } => {
                used = Some(Used { model_id: config.id, usage: priced(usage, config) });
                break;
            }
        }
        if size_bytes > ANSWER_BYTES {
            break;
        }
    }
    Ok(Heard { text: text_of(&parts), used })
}

/// Returns the text of a message, without calls, files and reasoning.
pub(crate) fn spoken(message: &Message) -> String {
    text_of(&message.content)
}

/// Returns a text's first characters.
pub(crate) fn chars(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| text.split_at(end).0)
}
