//! `DELETE /v1/chats/{chat}/queue/{id}`

use chat::{port::Person, transition::Transition};
use edge::{Rejection, Reply, Request};

use crate::{MessagePorts, change::change};

pub(crate) async fn run<P: MessagePorts>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let (chat_id, id) = (request.chat_id()?, request.queued_id()?);
    change(ports, chat_id, person, |draft| draft.apply(Transition::DeleteQueued { id })).await?;
    Ok(Reply::empty())
}
