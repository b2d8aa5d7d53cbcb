//! `PATCH /v1/chats/{chat}/messages/{id}`

mod gone;

use std::sync::{Mutex, PoisonError};

use chat::{
    id::{MessageId, ModelId},
    message::{Message, MessageView, NewMessage, Role, Visibility},
    model::Effort,
    port::{Order, Person},
    record::Chat,
    transition::Transition,
};
use edge::{
    Rejection, Reply, Request,
    content::{self, InputPart},
};
use serde::{Deserialize, Serialize};
use turn::catalogue::{Catalogues, Offer};

use crate::{
    MessagePorts,
    change::{change, chosen, owned, spoken},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    content: Vec<InputPart>,
    model_id: Option<ModelId>,
    reasoning_effort: Option<Effort>,
}

#[derive(Serialize)]
struct Edited {
    message: Option<MessageView>,
    deleted_message_ids: Vec<MessageId>,
}

pub(crate) async fn run<P: MessagePorts>(
    ports: &P,
    catalogues: &Catalogues,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let (chat_id, message_id) = (request.chat_id()?, request.message_id()?);
    let body: Body = request.json()?;
    let parts = content::message(body.content)?;
    let named = chosen(ports, catalogues, person, (body.model_id, &[])).await?;
    let chat = owned(ports, chat_id, person).await?.chat;
    let old = said_by_person(ports, &chat, message_id).await?;
    let model_id = match named {
        Some(named) => Some(named),
        None => still_there(&catalogues.offer(ports, person.user_id).await?, &old, &chat)?,
    };
    let message = NewMessage {
        created_by: Some(person.user_id),
        model_id,
        reasoning_effort: body.reasoning_effort.or(old.reasoning_effort),
        ..content::said(parts)
    };
    let before = Mutex::new(chat);
    let change = change(ports, chat_id, person, |draft| {
        if let Some(chat) = draft.chat() {
            before.lock().unwrap_or_else(PoisonError::into_inner).clone_from(chat);
        }
        draft.apply(Transition::Edit { message_id, message: message.clone() })
    })
    .await?;
    let before = before.into_inner().unwrap_or_else(PoisonError::into_inner);
    let deleted_message_ids = gone::shown(ports, &before, message_id).await;
    Ok(Reply::json(200, &Edited { message: spoken(&change), deleted_message_ids }))
}

/// Messages never change, so what is read here still holds when the edit is written.
async fn said_by_person<P: MessagePorts>(
    ports: &P,
    chat: &Chat,
    id: MessageId,
) -> Result<Message, Rejection> {
    let (found, _) = turn::history::visible(ports, chat, (id, id), Order::Ascending, 1).await?;
    let found = found.into_iter().find(|message| message.visibility != Visibility::Model);
    let message = found.ok_or(Rejection::NotFound("message"))?;
    if message.role == Role::User {
        return Ok(message);
    }
    Err(Rejection::field("id", "only messages of a person can be edited"))
}

/// Returns the model that answers an edited message where none is named: the one that answered it before, or, where
/// that has gone since, the chat's own or the default. None is the chat's own.
fn still_there(offer: &Offer, old: &Message, chat: &Chat) -> Result<Option<ModelId>, Rejection> {
    let can_answer = |id: &ModelId| offer.choose(*id).is_ok();
    if let Some(before) = old.model_id.filter(can_answer) {
        return Ok(Some(before));
    }
    let Err(unusable) = offer.choose(chat.model_id) else { return Ok(None) };
    let default = offer.catalogue.default_model().map(|model| model.id).filter(can_answer);
    default.map(Some).ok_or_else(|| edge::models::refused(unusable))
}
