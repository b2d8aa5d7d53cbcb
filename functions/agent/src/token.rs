//! Which calls are an agent's.

use std::collections::BTreeMap;

use chat::{
    agent::CallToken,
    call::{Answerer, Call},
    id::ChatId,
    limit::RESULT_MESSAGES,
    port::{Agent, Person, ReadChats, Unavailable},
    record::{Chat, Snapshot},
};
use edge::Rejection;

/// A chat that an agent speaks of.
pub(crate) enum Found {
    /// It works on the agent's workspace.
    Its(Box<Snapshot>),
    /// It is not there any more, or works on another workspace of its owner's by now.
    NotIts,
    /// It is somebody else's.
    Foreign,
}

impl Found {
    /// Returns the chat, if it works on the agent's workspace.
    pub(crate) fn its(self) -> Option<Snapshot> {
        match self {
            Self::Its(found) => Some(*found),
            Self::NotIts | Self::Foreign => None,
        }
    }
}

/// Returns the chat that an agent speaks of.
pub(crate) async fn chat_of<P: ReadChats>(
    ports: &P,
    agent: Agent,
    chat_id: ChatId,
) -> Result<Found, Unavailable> {
    let Some(found) = ports.snapshot(chat_id).await? else { return Ok(Found::NotIts) };
    if is_of(agent, &found.chat) {
        return Ok(Found::Its(Box::new(found)));
    }
    if (found.chat.owner_id, found.chat.org_id) == (agent.person.user_id, agent.person.org_id) {
        return Ok(Found::NotIts);
    }
    // Never silently: an agent that asks for another's chats is broken, or somebody else.
    tracing::warn!(%chat_id, workspace_id = %agent.workspace_id, audit = "foreign call", "not this agent's chat");
    Ok(Found::Foreign)
}

/// Returns whether a chat works on the agent's workspace, and is the same person's.
pub(crate) fn is_of(agent: Agent, chat: &Chat) -> bool {
    let owner = Person { user_id: chat.owner_id, org_id: chat.org_id };
    owner == agent.person && chat.workspace_id == Some(agent.workspace_id)
}

/// Returns the pending call that a token names, if an agent is to answer it.
pub(crate) fn pending<'a>(chat: &Chat, ledger: &'a [Call], token: &CallToken) -> Option<&'a Call> {
    let is_open = chat
        .calls
        .iter()
        .any(|call| call.id == token.call_id && call.answerer == Answerer::Workspace && !call.answered);
    let entry = ledger.iter().find(|entry| entry.token(chat.id) == *token);
    entry.filter(|entry| is_open && entry.result.is_none())
}

/// Returns tokens, or what goes with them, by their chats.
///
/// # Errors
/// There are more than a message may have: 400.
pub(crate) fn by_chat<T>(
    all: Vec<T>,
    token: impl Fn(&T) -> &CallToken,
) -> Result<BTreeMap<ChatId, Vec<T>>, Rejection> {
    if all.is_empty() || all.len() > RESULT_MESSAGES {
        let wanted = format!("there must be 1 to {RESULT_MESSAGES} of them");
        return Err(Rejection::field("tokens", wanted));
    }
    let mut chats: BTreeMap<ChatId, Vec<T>> = BTreeMap::new();
    for one in all {
        chats.entry(token(&one).chat_id).or_default().push(one);
    }
    Ok(chats)
}
