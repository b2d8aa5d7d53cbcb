//! `PUT /v1/chats/{chat}/context`

use chat::{port::Person, transition::Refusal};
use edge::{Rejection, Reply, Request};
use turn::context::{keep, newest};

use crate::{
    ChatPorts,
    change::{change, owned},
    read::view,
};

/// Has the chat take what its workspace says now; whatever runs goes on with what it was told.
pub(crate) async fn run<P: ChatPorts>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let chat_id = request.chat_id()?;
    request.no_body()?;
    let chat = owned(ports, chat_id, person).await?.chat;
    if chat.archived {
        return Err(Rejection::Refused(Refusal::Archived));
    }
    let pinned = newest(ports, &chat).await?.ok_or(Rejection::NoContext)?;
    let spec = ports.spec(chat_id).await?;
    let change = change(ports, chat_id, person, |draft| keep(draft, &pinned, &spec)).await?;
    Ok(Reply::json(200, &view(&change.chat, Some(&pinned.context))))
}
