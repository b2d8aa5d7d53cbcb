//! `DELETE /v1/chats/{chat}`

use chat::{port::Person, transition::Transition};
use edge::{Rejection, Reply, Request};

use crate::{ChatPorts, change::change};

/// The chat is gone at once; the step that this wakes erases its items.
pub(crate) async fn run<P: ChatPorts>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let chat_id = request.chat_id()?;
    change(ports, chat_id, person, |draft| draft.apply(Transition::Delete)).await?;
    Ok(Reply::empty())
}
