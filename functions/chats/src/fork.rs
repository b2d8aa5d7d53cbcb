//! `POST /v1/chats/{chat}/fork`

mod cut;

use chat::{
    change::Share,
    id::{ChatId, MessageId},
    port::Person,
    record::{Chat, Spec},
    span::Span,
    time::Timestamp,
    transition::{Create, Transition},
};
use edge::{Rejection, Reply, Request};
use serde::Deserialize;

use self::cut::Cut;
use crate::{
    ChatPorts,
    change::{answered_before, create, owned},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    message_id: MessageId,
}

pub(crate) async fn run<P: ChatPorts>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let parent_id = request.chat_id()?;
    let Body { message_id } = request.json()?;
    // The receipts are the person's own: no right to the parent is needed to hear the same answer again.
    if let Some(reply) = answered_before(ports, person, request).await? {
        return Ok(reply);
    }
    let parent = owned(ports, parent_id, person).await?.chat;
    let cut = Cut::at(ports, &parent, message_id).await?;
    let closing = cut.left_open();
    // What the workspace says it takes from there, with its first turn.
    let spec = Spec { context: None, ..ports.spec(parent_id).await? };
    let spec = Some(spec).filter(|spec| *spec != Spec::default());
    let now = ports.now();
    create(ports, person, request, |draft| {
        draft.apply(Transition::Create(Box::new(Create {
            seed: forked(ChatId(ports.new_id()), &parent, &cut, now),
            share: share(&parent, cut.through),
            closing: closing.clone(),
            message: None,
            spec: spec.clone(),
        })))
    })
    .await
}

fn forked(id: ChatId, parent: &Chat, cut: &Cut, now: Timestamp) -> Chat {
    let person = Person { user_id: parent.owner_id, org_id: parent.org_id };
    let mut fork = Chat {
        title: parent.title.clone(),
        labels: parent.labels.clone(),
        mode: parent.mode,
        plan_mode: parent.plan_mode,
        workspace_id: parent.workspace_id,
        reasoning_effort: parent.reasoning_effort,
        spans: parent.spans.prefix(parent.id, cut.through),
        next_message_id: cut.through.next(),
        boundary: parent.boundary,
        earlier_boundaries: parent.earlier_boundaries.clone(),
        context_limit: parent.context_limit,
        last_answer_id: cut.answer(),
        read_through: cut.through,
        ..Chat::begun(id, person, parent.model_id, now)
    };
    fork.remember(cut.through);
    fork
}

/// Returns which of the parent's own messages must outlive it; what it shares itself does so already.
fn share(parent: &Chat, through: MessageId) -> Option<Share> {
    let shown = parent.spans.within(MessageId(1), through);
    let own = |span: &&Span| span.chat.is_none();
    let through = shown.iter().rev().find(own).map(|span| span.last)?;
    Some(Share { chat_id: parent.id, through, known: parent.forked_through })
}
