//! What workspaces say of how to work there: a chat keeps what it was told, and learns when that is not the last word any
//! more. Prompts are made of what it keeps, so they need no live machine.

use chat::{
    Draft,
    id::{ChatId, WorkspaceId},
    limit::PINNED_MS,
    port::{
        Clock, CommitChats, KeepWorkspaces, PinChats, ReadChats, ReadReceipts, ReadWorkspaces, Unavailable,
    },
    record::{Chat, Spec},
    transition::{Describe, Refusal, Transition},
    workspace::{Context, Pin, Workspace},
};
use futures::future::join;
use uuid::Uuid;

use crate::{
    commit,
    machine::{told, update},
    ports::Announce,
};

/// What a chat shall keep from now on.
#[derive(Clone, Debug, PartialEq)]
pub struct Pinned {
    /// Which word it is.
    pub pin: Pin,
    /// What it says.
    pub context: Context,
}

impl Pinned {
    /// Returns a `spec` with what it says.
    #[must_use]
    pub fn beside(&self, spec: Spec) -> Spec {
        Spec { context: Some(self.context.clone()), ..spec }
    }
}

/// Returns whether a chat has a workspace of which it keeps nothing yet.
#[must_use]
pub fn is_missing(chat: &Chat) -> bool {
    chat.workspace_id.is_some() && chat.pinned().is_none()
}

/// Returns what a chat's workspace says now. None: the chat has none that is its owner's, or that has said nothing yet.
///
/// # Errors
/// The directory.
pub async fn newest<P: ReadWorkspaces + PinChats + Clock>(
    ports: &P,
    chat: &Chat,
) -> Result<Option<Pinned>, Unavailable> {
    let Some(id) = chat.workspace_id else { return Ok(None) };
    let (found, report) = join(ports.workspace(id), ports.report(id)).await;
    let is_its = |found: &Workspace| {
        (found.person.user_id, found.person.org_id) == (chat.owner_id, chat.org_id) && !found.is_gone()
    };
    let (Some(found), Some(report)) = (found?.filter(is_its), report?) else { return Ok(None) };
    let pinned_at = ports.now();
    // Before the chat is written: who finds it here and keeping nothing yet has nothing to tell it.
    ports.pin(id, chat.id, pinned_at.plus_ms(PINNED_MS)).await?;
    let pin = Pin { workspace_id: id, digest: report.context_digest(), pinned_at, dirty_since: None };
    Ok(Some(Pinned { pin, context: Context::of(&found, report) }))
}

/// Has a chat keep it, beside what is in the `spec` that goes with the draft's state.
///
/// # Errors
/// The chat has another workspace by now.
pub(crate) fn keep(draft: Draft, pinned: &Pinned, spec: &Spec) -> Result<Draft, Refusal> {
    Ok(pin(draft, pinned)?.with_spec(pinned.beside(spec.clone())))
}

/// Has a chat say that it keeps it. Its `spec` must come to hold it with the same write.
///
/// # Errors
/// The chat has another workspace by now.
pub fn pin(draft: Draft, pinned: &Pinned) -> Result<Draft, Refusal> {
    let is_its = draft.chat().is_some_and(|chat| chat.workspace_id == Some(pinned.pin.workspace_id));
    if !is_its {
        return Err(Refusal::Overtaken);
    }
    draft.apply(Transition::Describe(Describe { pin: Some(pinned.pin), ..Describe::default() }))
}

/// Tells the chats that keep what a workspace said before that it says something else now. Doing it again does nothing.
///
/// # Errors
/// The directory, or some chat could not be written; the others were.
pub async fn reported<P>(ports: &P, id: WorkspaceId, digest: Uuid) -> Result<(), Unavailable>
where
    P: ReadChats + CommitChats + ReadReceipts + ReadWorkspaces + KeepWorkspaces + PinChats + Announce + Clock,
{
    let known = ports.workspace(id).await?;
    if known.is_none_or(|workspace| workspace.context_digest == Some(digest)) {
        return Ok(());
    }
    let mut failed = None;
    for chat_id in ports.pinned(id).await? {
        if let Err(error) = tell(ports, chat_id, (id, digest)).await {
            tracing::warn!(%chat_id, %error, "a chat was not told that its workspace says something else");
            failed = Some(error);
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    // Last, so that who dies before is made up for by the next report.
    update(ports, id, |workspace| Some(Workspace { context_digest: Some(digest), ..workspace })).await?;
    Ok(())
}

async fn tell<P>(ports: &P, chat_id: ChatId, (id, digest): (WorkspaceId, Uuid)) -> Result<(), Unavailable>
where
    P: ReadChats + CommitChats + ReadReceipts + Announce + Clock,
{
    let now = ports.now();
    let turned = |chat: &Chat| {
        let before = chat.pinned().filter(|pin| pin.workspace_id == id)?;
        Some(before.beside(digest, now)).filter(|after| *after != before)
    };
    let Some(found) = ports.snapshot(chat_id).await? else { return Ok(()) };
    if turned(&found.chat).is_none() {
        return Ok(());
    }
    let committed = commit(ports, chat_id, None, |draft| {
        let pin = draft.chat().and_then(turned).ok_or(Refusal::Overtaken)?;
        draft.apply(Transition::Describe(Describe { pin: Some(pin), ..Describe::default() }))
    })
    .await;
    told(ports, committed).await
}
