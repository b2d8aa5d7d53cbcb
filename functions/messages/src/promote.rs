//! `POST /v1/chats/{chat}/queue/{id}/promote`

use chat::{message::MessageView, port::Person, transition::Transition};
use edge::{Rejection, Reply, Request};
use serde::Serialize;

use crate::{
    MessagePorts,
    change::{change, spoken},
};

#[derive(Serialize)]
struct Promoted {
    queued: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageView>,
}

pub(crate) async fn run<P: MessagePorts>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let (chat_id, id) = (request.chat_id()?, request.queued_id()?);
    request.no_body()?;
    let change = change(ports, chat_id, person, |draft| draft.apply(Transition::Promote { id })).await?;
    let message = spoken(&change);
    Ok(Reply::json(200, &Promoted { queued: message.is_none(), message }))
}
