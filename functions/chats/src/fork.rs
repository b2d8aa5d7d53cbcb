//! `POST /v1/chats/{chat}/fork`

use chat::{
    change::Share,
    id::{ChatId, MessageId},
    limit::RESULT_MESSAGES,
    message::{Message, Role, Visibility},
    part::ToolResult,
    port::{Order, Person},
    record::{Chat, Spec},
    span::Span,
    time::Timestamp,
    transition::{Create, Transition},
};
use edge::{Rejection, Reply, Request};
use serde::Deserialize;

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
    let tail = tail(ports, &parent, message_id).await?;
    let closing = left_open(&tail);
    let says = |message: &&Message| message.role == Role::Assistant && message.visibility == Visibility::Both;
    let answer = tail.iter().find(says).map(|message| message.id);
    let spec = Some(ports.spec(parent_id).await?).filter(|spec| *spec != Spec::default());
    let now = ports.now();
    create(ports, person, request, |draft| {
        draft.apply(Transition::Create(Box::new(Create {
            seed: forked(ChatId(ports.new_id()), &parent, (message_id, answer), now),
            share: share(&parent, message_id),
            closing: closing.clone(),
            message: None,
            spec: spec.clone(),
        })))
    })
    .await
}

/// Returns the last messages that the fork shows, newest first: as many as one turn's calls can concern.
async fn tail<P: ChatPorts>(
    ports: &P,
    parent: &Chat,
    message_id: MessageId,
) -> Result<Vec<Message>, Rejection> {
    let through = (MessageId(1), message_id);
    let (messages, _) =
        turn::history::visible(ports, parent, through, Order::Descending, RESULT_MESSAGES + 1).await?;
    let is_there =
        messages.first().is_some_and(|last| last.id == message_id && last.visibility != Visibility::Model);
    if is_there { Ok(messages) } else { Err(Rejection::NotFound("message")) }
}

/// Returns results for the calls that the fork cuts off from theirs.
fn left_open(tail: &[Message]) -> Vec<ToolResult> {
    let results = tail.iter().take_while(|message| message.role == Role::Tool);
    let answered: Vec<_> = results.flat_map(Message::results).map(|result| &result.tool_call_id).collect();
    let asked = tail.iter().find(|message| message.role != Role::Tool);
    let open = asked.into_iter().flat_map(Message::calls);
    open.filter(|call| !answered.contains(&&call.tool_call_id))
        .map(|call| {
            let (id, tool) = (call.tool_call_id.clone(), call.tool_name.clone());
            ToolResult::synthetic(id, tool, "the chat was forked before the call was answered")
        })
        .collect()
}

fn forked(
    id: ChatId,
    parent: &Chat,
    (message_id, answer): (MessageId, Option<MessageId>),
    now: Timestamp,
) -> Chat {
    let person = Person { user_id: parent.owner_id, org_id: parent.org_id };
    let mut fork = Chat {
        title: parent.title.clone(),
        labels: parent.labels.clone(),
        mode: parent.mode,
        plan_mode: parent.plan_mode,
        workspace_id: parent.workspace_id,
        reasoning_effort: parent.reasoning_effort,
        spans: parent.spans.prefix(parent.id, message_id),
        next_message_id: message_id.next(),
        boundary: parent.boundary,
        earlier_boundaries: parent.earlier_boundaries.clone(),
        context_limit: parent.context_limit,
        last_answer_id: answer,
        read_through: message_id,
        ..Chat::begun(id, person, parent.model_id, now)
    };
    fork.remember(message_id);
    fork
}

/// Returns which of the parent's own messages must outlive it; what it shares itself does so already.
fn share(parent: &Chat, message_id: MessageId) -> Option<Share> {
    let shown = parent.spans.within(MessageId(1), message_id);
    let own = |span: &&Span| span.chat.is_none();
    let through = shown.iter().rev().find(own).map(|span| span.last)?;
    Some(Share { chat_id: parent.id, through, known: parent.forked_through })
}
