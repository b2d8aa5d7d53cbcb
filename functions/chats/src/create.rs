//! `POST /v1/chats`

use std::{collections::BTreeMap, sync::Arc};

use chat::{
    id::{ChatId, ModelId, ServerId, WorkspaceId},
    message::NewMessage,
    model::{Effort, ModelConfig},
    port::Person,
    record::{Chat, Spec},
    transition::{Create, Transition},
};
use edge::{
    Rejection, Reply, Request,
    content::{self, InputPart},
};
use serde::Deserialize;
use turn::catalogue::{Catalogues, Offer};

use crate::{
    ChatPorts,
    change::{answered_before, create},
    fields, workspace,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    content: Option<Vec<InputPart>>,
    title: Option<String>,
    model_id: Option<ModelId>,
    reasoning_effort: Option<Effort>,
    system_prompt: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    client_tools: Option<Vec<fields::InputTool>>,
    workspace_id: Option<WorkspaceId>,
    plan_mode: Option<bool>,
    mcp_server_ids: Option<Vec<ServerId>>,
}

/// A chat as asked for, before it has an id.
struct Wanted {
    chat: Chat,
    message: Option<NewMessage>,
    spec: Option<Spec>,
}

pub(crate) async fn run<P: ChatPorts>(
    ports: &P,
    catalogues: &Catalogues,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let body: Body = request.json()?;
    let offer = catalogues.offer(ports, person.user_id).await?;
    let named = edge::servers::check(&offer.catalogue, body.mcp_server_ids.as_deref().unwrap_or_default());
    let model = match named.and_then(|()| model(&offer, body.model_id)) {
        Ok(model) => model,
        // A model or a tool server that went since does not change what the request was answered.
        Err(refused) => return answered_before(ports, person, request).await?.ok_or(refused),
    };
    if let Err(refused) = workspace::check(ports, person, body.workspace_id).await {
        return answered_before(ports, person, request).await?.ok_or(refused);
    }
    let seed = Chat {
        context_limit: model.context_limit,
        ..Chat::begun(ChatId(ports.new_id()), person, model.id, ports.now())
    };
    let wanted = wanted(body, seed, person)?;
    create(ports, person, request, |draft| {
        let Wanted { chat, message, spec } = &wanted;
        let seed = Chat { id: ChatId(ports.new_id()), ..chat.clone() };
        draft.apply(Transition::Create(Box::new(Create {
            seed,
            share: None,
            closing: Vec::new(),
            message: message.clone(),
            spec: spec.clone(),
        })))
    })
    .await
}

/// The model that is named, which must be one that can be asked now; or else the default, whose trouble is the turn's to
/// tell.
fn model(offer: &Offer, named: Option<ModelId>) -> Result<Arc<ModelConfig>, Rejection> {
    match named {
        Some(id) => offer.choose(id).map_err(edge::models::refused),
        None => offer.catalogue.default_model().cloned().ok_or(Rejection::NoModel),
    }
}

fn wanted(body: Body, seed: Chat, person: Person) -> Result<Wanted, Rejection> {
    let chat = Chat {
        title: body.title.as_deref().map(fields::title).transpose()?.unwrap_or_default(),
        labels: fields::labels(body.labels.unwrap_or_default())?,
        reasoning_effort: body.reasoning_effort,
        workspace_id: body.workspace_id,
        plan_mode: body.plan_mode.unwrap_or_default(),
        ..seed
    };
    let spec = Spec {
        system_prompt: body.system_prompt.map(fields::system_prompt).transpose()?.flatten(),
        client_tools: fields::client_tools(body.client_tools.unwrap_or_default())?,
        mcp_server_ids: body.mcp_server_ids,
        context: None,
    };
    let message = match body.content.filter(|content| !content.is_empty()) {
        Some(content) => Some(NewMessage {
            created_by: Some(person.user_id),
            model_id: Some(chat.model_id),
            reasoning_effort: chat.reasoning_effort,
            ..content::said(content::message(content)?)
        }),
        None => None,
    };
    Ok(Wanted { chat, message, spec: Some(spec).filter(|spec| *spec != Spec::default()) })
}
