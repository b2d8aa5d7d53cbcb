//! A child chat is made.

use std::time::Duration;

use chat::{
    Draft,
    catalogue::Unusable,
    id::{ChatId, ModelId},
    limit::{CHILDREN, FAMILY, TITLE_CHARS},
    message::{NewMessage, Role},
    part::Part,
    port::{Clock, CommitChats, ListChildren, Person, ReadChats, ReadReceipts, Unavailable},
    record::{Chat, Mode, Spec},
    tool::{AgentKind, SpawnAgent},
    transition::{Create, Transition, title_of},
};
use tokio::time::sleep;
use uuid::Uuid;

use super::{Parent, brief, family::children};
use crate::{
    announce::{announce_in_order, wake_again},
    catalogue::Offer,
    commit::CommitFailure,
    commit::attempt,
    ports::Announce,
    route::Said,
};

/// How often a child is made anew whose write met another one.
const TRIES: u32 = 5;
/// How long after the first time; twice that after each that follows.
const PAUSE: Duration = Duration::from_millis(20);

/// Makes a child that works on its own.
///
/// # Errors
/// A dependency.
pub(crate) async fn spawn<P>(
    ports: &P,
    parent: &Parent<'_>,
    ask: &SpawnAgent,
    offer: &Offer,
) -> Result<Said, Unavailable>
where
    P: ReadChats + CommitChats + ReadReceipts + ListChildren + Announce + Clock,
{
    let id = ChatId(Uuid::new_v5(&parent.chat.id.0, parent.token().to_string().as_bytes()));
    if let Some(made) = ports.snapshot(id).await? {
        // Whoever made it may have died before it was woken.
        wake_again(ports, &made.chat).await;
        return Ok(Ok(brief(&made.chat)));
    }
    if let Err(why) = refused(ports, parent.chat).await? {
        return Ok(Err(why));
    }
    let model_id = match model(parent.chat, ask, offer) {
        Ok(model_id) => model_id,
        Err(why) => return Ok(Err(why)),
    };
    for tried in 0..TRIES {
        let create = create(ports, parent, ask, (id, model_id), offer);
        let drafted = Draft::open(None, ports.now()).apply(Transition::Create(Box::new(create)));
        let Ok(draft) = drafted else { return Ok(Err("the agent could not be made".to_owned())) };
        match attempt(ports, draft, None).await {
            Ok(Some(change)) => {
                announce_in_order(ports, &change, Vec::new()).await?;
                return Ok(Ok(brief(&change.chat)));
            }
            Ok(None) => {}
            Err(CommitFailure::Unavailable(error)) => return Err(error),
            Err(failure) => return Ok(Err(failure.to_string())),
        }
        // Somebody else made it for this call, or the write met another one and nobody made anything.
        if let Some(made) = ports.snapshot(id).await? {
            wake_again(ports, &made.chat).await;
            return Ok(Ok(brief(&made.chat)));
        }
        sleep(PAUSE * 2_u32.pow(tried)).await;
    }
    Ok(Err("the agent was deleted".to_owned()))
}

/// Says why a chat may not have another child.
async fn refused<P: ReadChats + ListChildren>(
    ports: &P,
    parent: &Chat,
) -> Result<Result<(), String>, Unavailable> {
    if parent.parent_chat_id.is_some() {
        return Ok(Err("an agent that was spawned cannot spawn agents".to_owned()));
    }
    if parent.archived {
        return Ok(Err("this chat is archived".to_owned()));
    }
    let all = children(ports, parent.id).await?;
    let live = all.iter().filter(|child| !child.archived).count();
    if live >= CHILDREN || all.len() >= FAMILY {
        return Ok(Err(format!(
            "this chat has {live} agents and may not have more; give the task to one of them with message_agent"
        )));
    }
    Ok(Ok(()))
}

/// The model that is named, else the one that is set for agents where it can be asked, else the parent's.
fn model(parent: &Chat, ask: &SpawnAgent, offer: &Offer) -> Result<ModelId, String> {
    if let Some(named) = ask.model_id {
        let unusable = |why: Unusable| format!("`model_config_id` cannot be used: {why}");
        return offer.choose(named).map(|model| model.id).map_err(unusable);
    }
    let set = offer.catalogue.settings.model_overrides.subagents;
    Ok(set.filter(|id| offer.choose(*id).is_ok()).unwrap_or(parent.model_id))
}

fn create<P: Clock>(
    ports: &P,
    parent: &Parent<'_>,
    ask: &SpawnAgent,
    (id, model_id): (ChatId, ModelId),
    offer: &Offer,
) -> Create {
    let Parent { chat, spec, .. } = *parent;
    let text = Part::Text { text: ask.prompt.clone() };
    let person = Person { user_id: chat.owner_id, org_id: chat.org_id };
    let (mode, plan_mode) = match ask.kind {
        AgentKind::General => (Mode::Default, chat.plan_mode),
        AgentKind::Explore => (Mode::Explore, false),
    };
    let title = ask.title.clone().unwrap_or_else(|| title_of(std::slice::from_ref(&text)));
    let seed = Chat {
        title: title.chars().take(TITLE_CHARS).collect(),
        mode,
        plan_mode,
        parent_chat_id: Some(chat.id),
        root_chat_id: Some(chat.root_chat_id.unwrap_or(chat.id)),
        workspace_id: chat.workspace_id,
        reasoning_effort: ask.reasoning_effort.or(chat.reasoning_effort),
        ..Chat::begun(id, person, model_id, ports.now())
    };
    // Who explores has what its parent has now, and nothing that is added later.
    let mcp_server_ids = match ask.kind {
        AgentKind::General => spec.mcp_server_ids.clone(),
        AgentKind::Explore => Some(offer.catalogue.servers_of(chat, spec).map(|server| server.id).collect()),
    };
    // What the workspace says it takes from there, with its first step.
    let spec = Spec { mcp_server_ids, ..Spec::default() };
    Create {
        seed,
        share: None,
        closing: Vec::new(),
        message: Some(NewMessage::of(Role::User, vec![text.into()])),
        spec: Some(spec),
    }
}
