//! `POST /v1/chats/{chat}/reconcile`

use chat::{port::Person, transition::Transition, view::ChatView};
use edge::{Rejection, Reply, Request};

use crate::{ChatPorts, change::change};

pub(crate) async fn run<P: ChatPorts>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let chat_id = request.chat_id()?;
    request.no_body()?;
    let change = change(ports, chat_id, person, |draft| draft.apply(Transition::Reconcile)).await?;
    Ok(Reply::json(200, &ChatView::from(&change.chat)))
}
