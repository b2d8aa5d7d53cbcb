//! `POST /v1/chats/{chat}/compact`

use chat::{port::Person, transition::Transition, view::ChatView};
use edge::{Rejection, Reply, Request};

use crate::{MessagePorts, change::change};

pub(crate) async fn run<P: MessagePorts>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let chat_id = request.chat_id()?;
    request.no_body()?;
    let change = change(ports, chat_id, person, |draft| draft.apply(Transition::RequestCompaction)).await?;
    Ok(Reply::json(202, &ChatView::from(&change.chat)))
}
