//! `POST /v1/chats/{chat}/read`

use chat::{
    id::MessageId,
    port::Person,
    transition::{Describe, Transition},
};
use edge::{Rejection, Reply, Request};
use serde::Deserialize;

use crate::{
    ChatPorts,
    change::{change, owned},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    message_id: MessageId,
}

/// The marker only moves forward: of two windows, the one that shows less must not hide what the other read. The
/// transition sees to that, also where both ask at once; what is behind already is not written at all.
pub(crate) async fn run<P: ChatPorts>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let chat_id = request.chat_id()?;
    let Body { message_id } = request.json()?;
    let chat = owned(ports, chat_id, person).await?.chat;
    if message_id == MessageId(0) || message_id >= chat.next_message_id {
        return Err(Rejection::NotFound("message"));
    }
    if message_id > chat.read_through {
        let marked = Describe { read_through: Some(message_id), ..Describe::default() };
        change(ports, chat_id, person, |draft| draft.apply(Transition::Describe(marked.clone()))).await?;
    }
    Ok(Reply::empty())
}
