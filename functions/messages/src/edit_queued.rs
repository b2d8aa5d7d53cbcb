//! `PATCH /v1/chats/{chat}/queue/{id}`

use chat::{
    Change, event::Body as Said, id::QueuedId, message::QueuedView, port::Person, transition::Transition,
};
use edge::{
    Rejection, Reply, Request,
    content::{self, InputPart},
};
use serde::Deserialize;

use crate::{MessagePorts, change::change};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    content: Vec<InputPart>,
}

pub(crate) async fn run<P: MessagePorts>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let (chat_id, id) = (request.chat_id()?, request.queued_id()?);
    let content = content::message(request.json::<Body>()?.content)?;
    let edit = |content| Transition::EditQueued { id, content };
    let change = change(ports, chat_id, person, |draft| draft.apply(edit(content.clone()))).await?;
    let edited = queued(&change, id).ok_or(Rejection::NotFound("queued message"))?;
    Ok(Reply::json(200, edited))
}

/// The change names only what differs; the event shows the queue whole.
fn queued(change: &Change, id: QueuedId) -> Option<&QueuedView> {
    change.events.iter().find_map(|event| match &event.body {
        Said::QueueUpdate { queued_messages } => queued_messages.iter().find(|queued| queued.id == id),
        Said::Message { .. }
        | Said::Status { .. }
        | Said::Error { .. }
        | Said::Retry { .. }
        | Said::ActionRequired { .. }
        | Said::HistoryReset { .. }
        | Said::PreviewReset {}
        | Said::Chat { .. }
        | Said::MessagePart { .. }
        | Said::CaughtUp { .. } => None,
    })
}
