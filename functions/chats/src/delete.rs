//! `DELETE /v1/chats/{chat}`

use chat::{
    event::Event,
    id::{ChatId, ConnectionId},
    port::{Person, Unavailable},
    transition::{Refusal, Transition},
};
use edge::{Rejection, Reply, Request};
use futures::future::{join_all, try_join_all};

use crate::{ChatPorts, change::change_family};

/// The family is gone at once; the steps that this wakes erase the items, each its own chat's.
pub(crate) async fn run<P: ChatPorts>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let chat_id = request.chat_id()?;
    // Afterwards there is no chat that anybody could be found to listen to.
    let listeners = listeners(ports, chat_id).await?;
    let family = change_family(ports, chat_id, person, |_, draft| {
        if draft.chat().is_some_and(|chat| chat.id == chat_id && chat.parent_chat_id.is_some()) {
            return Err(Refusal::IsChild);
        }
        draft.apply(Transition::Delete).map(Some)
    })
    .await?;
    let events = |id: ChatId| -> &[Event] {
        let gone = family.changes.iter().find(|change| change.chat.id == id);
        gone.map_or(&[], |change| &change.events)
    };
    let told =
        listeners.iter().map(|(id, listeners)| turn::announce::tell(ports, *id, listeners, events(*id)));
    join_all(told).await;
    Ok(Reply::empty())
}

/// Who listens to which of a family.
async fn listeners<P: ChatPorts>(
    ports: &P,
    chat_id: ChatId,
) -> Result<Vec<(ChatId, Vec<ConnectionId>)>, Unavailable> {
    let family = std::iter::once(chat_id).chain(ports.children(chat_id).await?);
    try_join_all(family.map(|id| async move {
        let observed = ports.observe(id).await?;
        Ok((id, observed.map(|observed| observed.listeners).unwrap_or_default()))
    }))
    .await
}
