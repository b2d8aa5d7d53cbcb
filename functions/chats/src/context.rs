//! `PUT /v1/chats/{chat}/context`

use chat::{port::Person, transition::Refusal};
use edge::{Rejection, Reply, Request};
use turn::context::{newest, pin};

use crate::{
    ChatPorts,
    change::{change_spec, owned},
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
    let kept = |spec| pinned.beside(spec);
    let change = change_spec(ports, chat_id, person, Some(&kept), |draft| pin(draft, &pinned)).await?;
    Ok(Reply::json(200, &view(&change.chat, Some(&pinned.context))))
}
