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
use turn::Kin;

use crate::{
    ChatPorts,
    change::{change, change_family, owned},
    fields, workspace,
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
    let moves_to = describe.as_ref().and_then(|describe| describe.workspace_id);
    workspace::check(ports, person, moves_to.flatten()).await?;
    let chat = match (archived, describe) {
        (None, None) => chat,
        (None, Some(describe)) => {
            let described = |draft: Draft| {
                workspace::may_move(draft, moves_to)?.apply(Transition::Describe(describe.clone()))
            };
            change(ports, chat_id, person, described).await?.chat
        }
        (Some(archived), describe) => {
            let put = |kin, draft| put(kin, draft, archived, describe.as_ref());
            change_family(ports, chat_id, person, put).await?.chat
        }
    };
    Ok(Reply::json(200, &ChatView::from(&chat)))
}

/// Puts a family away, or fetches it back. What is so already is left alone.
fn put(
    kin: Kin,
    draft: Draft,
    archived: bool,
    describe: Option<&Describe>,
) -> Result<Option<Draft>, Refusal> {
    let is_archived = draft.chat().is_some_and(|chat| chat.archived);
    match kin {
        Kin::Itself | Kin::Child => {
            let moves = (is_archived != archived).then_some(Transition::SetArchived { archived });
            let describes = describe.filter(|_| kin == Kin::Itself).cloned().map(Transition::Describe);
            let wanted: Vec<Transition> = moves.into_iter().chain(describes).collect();
            if wanted.is_empty() {
                return Ok(None);
            }
            wanted.into_iter().try_fold(draft, Draft::apply).map(Some)
        }
        // It is written as it is, so that it is not put away meanwhile.
        Kin::Parent if !archived && !is_archived => {
            draft.apply(Transition::Describe(Describe::default())).map(Some)
        }
        Kin::Parent if !archived => Err(Refusal::Archived),
        Kin::Parent => Ok(None),
    }
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
