//! `POST /v1/chats/{chat}/messages`

use chat::{
    Change, Draft,
    id::{ModelId, QueuedId, ServerId},
    message::{MessageView, QueuedMessage, QueuedView},
    model::Effort,
    port::Person,
    record::Spec,
    transition::{Describe, Refusal, Transition, WhenBusy},
};
use edge::{
    Rejection, Reply, Request,
    content::{self, InputPart},
};
use serde::{Deserialize, Serialize};
use turn::{Respec, catalogue::Catalogues};

use crate::{
    MessagePorts,
    change::{answered_before, change_once, chosen, json, spoken},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    content: Vec<InputPart>,
    when_busy: Option<WhenBusy>,
    model_id: Option<ModelId>,
    reasoning_effort: Option<Effort>,
    plan_mode: Option<bool>,
    mcp_server_ids: Option<Vec<ServerId>>,
}

#[derive(Serialize)]
struct Sent {
    queued: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queued_message: Option<QueuedView>,
}

pub(crate) async fn run<P: MessagePorts>(
    ports: &P,
    catalogues: &Catalogues,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let chat_id = request.chat_id()?;
    let body: Body = request.json()?;
    let named = body.mcp_server_ids.as_deref().unwrap_or_default();
    let model_id = match chosen(ports, catalogues, person, (body.model_id, named)).await {
        Ok(model_id) => model_id,
        // A model or a tool server that went since does not change what the request was answered.
        Err(refused) => return answered_before(ports, (chat_id, person), request).await?.ok_or(refused),
    };
    let (when_busy, plan_mode) = (body.when_busy.unwrap_or_default(), body.plan_mode);
    let message = QueuedMessage {
        // The queue gives it its own.
        id: QueuedId(0),
        content: content::message(body.content)?,
        created_at: ports.now(),
        created_by: Some(person.user_id),
        model_id,
        reasoning_effort: body.reasoning_effort,
    };
    let servers = body.mcp_server_ids;
    let named = |spec| Spec { mcp_server_ids: servers.clone(), ..spec };
    let respec = servers.is_some().then_some(&named as &Respec<'_>);
    change_once(ports, (chat_id, person), request, &|change| (200, json(&sent(change))), respec, |draft| {
        prepared(draft, plan_mode)?.apply(Transition::Send { message: message.clone(), when_busy })
    })
    .await
}

/// The settings that come along are those of the chat from now on, with the same write.
fn prepared(draft: Draft, plan_mode: Option<bool>) -> Result<Draft, Refusal> {
    match plan_mode {
        Some(_) => draft.apply(Transition::Describe(Describe { plan_mode, ..Describe::default() })),
        None => Ok(draft),
    }
}

fn sent(change: &Change) -> Sent {
    let is_it = |queued: &&QueuedMessage| queued.id.next() == change.chat.next_queued_id;
    match change.queue_put.iter().find(is_it) {
        Some(queued) => {
            Sent { queued: true, message: None, queued_message: Some(queued.view(change.chat.id)) }
        }
        None => Sent { queued: false, message: spoken(change), queued_message: None },
    }
}
