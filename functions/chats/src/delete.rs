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
    // Afterwards there is no chat that anybody could be found to listen to.
    let listeners = ports.observe(chat_id).await?.map(|observed| observed.listeners).unwrap_or_default();
    let change = change(ports, chat_id, person, |draft| draft.apply(Transition::Delete)).await?;
    turn::announce::tell(ports, chat_id, &listeners, &change.events).await;
    Ok(Reply::empty())
}
