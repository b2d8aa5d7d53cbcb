//! `PATCH /v1/chats/{chat}/messages/{id}`

use std::sync::{Mutex, PoisonError};

use chat::{
    id::{MessageId, ModelId},
    message::{Message, MessageView, NewMessage, Role, Visibility},
    model::Effort,
    port::{Order, Person},
    record::Chat,
    span::Span,
    transition::Transition,
};
use edge::{
    Rejection, Reply, Request,
    content::{self, InputPart},
};
use serde::{Deserialize, Serialize};
use turn::catalogue::Catalogues;

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
    let model_id = chosen(ports, catalogues, person, body.model_id).await?;
    let chat = owned(ports, chat_id, person).await?.chat;
    let old = said_by_person(ports, &chat, message_id).await?;
    let message = NewMessage {
        created_by: Some(person.user_id),
        model_id: model_id.or(old.model_id),
        reasoning_effort: body.reasoning_effort.or(old.reasoning_effort),
        ..content::said(parts)
    };
    let deleted = Mutex::new(Vec::new());
    let change = change(ports, chat_id, person, |draft| {
        let gone = draft.chat().map(|chat| from(chat, message_id)).unwrap_or_default();
        *deleted.lock().unwrap_or_else(PoisonError::into_inner) = gone;
        draft.apply(Transition::Edit { message_id, message: message.clone() })
    })
    .await?;
    let deleted_message_ids = deleted.into_inner().unwrap_or_else(PoisonError::into_inner);
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

/// Returns the visible ids from `id` on.
fn from(chat: &Chat, id: MessageId) -> Vec<MessageId> {
    let ids = |span: Span| (span.first.0..=span.last.0).map(MessageId);
    chat.spans.within(id, MessageId(u64::MAX)).into_iter().flat_map(ids).collect()
}
