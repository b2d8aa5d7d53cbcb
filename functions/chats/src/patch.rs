//! `PATCH /v1/chats/{chat}`

use std::collections::BTreeMap;

use chat::{
    Draft,
    id::WorkspaceId,
    port::Person,
    record::Chat,
    transition::{Describe, Refusal, Transition},
    view::ChatView,
};
use edge::{Rejection, Reply, Request};
use serde::{Deserialize, Deserializer};

use crate::{
    ChatPorts,
    change::{change, owned},
    fields,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    title: Option<String>,
    archived: Option<bool>,
    pin_order: Option<u32>,
    labels: Option<BTreeMap<String, String>>,
    plan_mode: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    workspace_id: Option<Option<WorkspaceId>>,
}

/// `null` unbinds the workspace; a field that is not there leaves it alone.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<WorkspaceId>>, D::Error> {
    Option::deserialize(value).map(Some)
}

pub(crate) async fn run<P: ChatPorts>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let chat_id = request.chat_id()?;
    let body: Body = request.json()?;
    let archived = body.archived;
    let describe = describe(body)?;
    let chat = owned(ports, chat_id, person).await?.chat;
    check_pin(&chat, archived, describe.as_ref())?;
    if describe.is_none() && archived.is_none_or(|archived| archived == chat.archived) {
        return Ok(Reply::json(200, &ChatView::from(&chat)));
    }
    let change = change(ports, chat_id, person, |draft| changed(draft, archived, describe.as_ref())).await?;
    Ok(Reply::json(200, &ChatView::from(&change.chat)))
}

fn describe(body: Body) -> Result<Option<Describe>, Rejection> {
    let Body { title, pin_order, labels, plan_mode, workspace_id, archived: _ } = body;
    let says_nothing = title.is_none()
        && pin_order.is_none()
        && labels.is_none()
        && plan_mode.is_none()
        && workspace_id.is_none();
    let describe = Describe {
        title: title.as_deref().map(fields::title).transpose()?,
        summary: None,
        pin_order,
        labels: labels.map(fields::labels).transpose()?,
        plan_mode,
        workspace_id,
        pin: None,
        read_through: None,
    };
    Ok((!says_nothing).then_some(describe))
}

fn check_pin(chat: &Chat, archived: Option<bool>, describe: Option<&Describe>) -> Result<(), Rejection> {
    let pins = describe.and_then(|describe| describe.pin_order).is_some_and(|order| order > 0);
    if pins && archived.unwrap_or(chat.archived) {
        return Err(Rejection::field("pin_order", "an archived chat cannot be pinned"));
    }
    Ok(())
}

/// All or nothing, in one write. What is asked for already is not done again, unless it alone is asked for
/// and somebody was quicker: then it is still a change.
fn changed(draft: Draft, archived: Option<bool>, describe: Option<&Describe>) -> Result<Draft, Refusal> {
    let is_archived = draft.chat().is_some_and(|chat| chat.archived);
    let draft = match archived {
        Some(archived) if archived != is_archived => draft.apply(Transition::SetArchived { archived })?,
        Some(_) | None => draft,
    };
    match describe {
        Some(describe) => draft.apply(Transition::Describe(describe.clone())),
        None if archived == Some(is_archived) => draft.apply(Transition::Describe(Describe::default())),
        None => Ok(draft),
    }
}
