//! A chat and its children, changed together.
//!
//! All of them are written in one transaction: nobody dies between two of them. What may get lost afterwards is news, which
//! cursors make up for, and wakes, which each chat's own `due_at` does. A child that is made meanwhile, by a step that does
//! not know yet that it has lost its lease, follows its family when it comes to rest (`step/follow.rs`).

use chat::{
    Change, Draft,
    account::{Phase, enter},
    id::ChatId,
    port::{Clock, CommitChats, CommitError, CommitFamilies, ListChildren, ReadChats, Unavailable},
    record::{Chat, Snapshot},
    transition::Refusal,
};
use futures::{StreamExt as _, future::try_join_all, stream};

use crate::{
    announce::announce,
    commit::{CommitFailure, landed, pause, write},
    ports::Announce,
    tally,
};

/// How often a family is written again because one of it had moved on.
const TRIES: u32 = 20;
/// Chats that are told of beside each other.
const AT_ONCE: usize = 8;

/// Who of a family a chat is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kin {
    /// The one that is asked for.
    Itself,
    /// A child of that.
    Child,
    /// The one that made it.
    Parent,
}

/// A chat, and what was written of it and of its family.
#[derive(Clone, Debug)]
pub struct Family {
    /// The chat that is asked for, as it is now.
    pub chat: Chat,
    /// What was written, its own first, for the caller to announce; nothing where nothing was to change.
    pub changes: Vec<Change>,
}

/// Changes a chat and its family, all of it or nothing. Who is to stay as it is gets no draft.
///
/// # Errors
/// See [`CommitFailure`]; after any but `Unavailable` nothing has changed.
pub async fn commit_family<P>(
    ports: &P,
    chat_id: ChatId,
    decide: impl Fn(Kin, Draft) -> Result<Option<Draft>, Refusal> + Send + Sync,
) -> Result<Family, CommitFailure>
where
    P: ReadChats + CommitChats + CommitFamilies + ListChildren + Clock,
{
    for lost in 1..=TRIES {
        enter(Phase::Load);
        let itself = ports.snapshot(chat_id).await?.ok_or(CommitFailure::Missing)?;
        let mut family = Family { chat: itself.chat.clone(), changes: Vec::new() };
        for (kin, snapshot) in with_kin(ports, itself).await? {
            let draft = decide(kin, Draft::open(Some(snapshot), ports.now()))?;
            if let Some(mut change) = draft.and_then(Draft::finish) {
                change.chat.commit_id = ports.new_id();
                family.changes.push(change);
            }
        }
        if write_all(ports, &family.changes).await? {
            let written = family.changes.iter().find(|change| change.chat.id == chat_id);
            family.chat = written.map_or(family.chat, |change| change.chat.clone());
            return Ok(family);
        }
        pause(ports, lost).await;
    }
    Err(CommitFailure::Contended)
}

/// Tells everybody of what was written of a family, and sends the wakes that it asks for.
pub async fn announce_family<P: Announce>(ports: &P, changes: &[Change]) {
    let told = stream::iter(changes.to_vec()).map(|change| async move { announce(ports, &change).await });
    told.buffer_unordered(AT_ONCE).collect::<()>().await;
}

/// Returns a chat first, then its parent, then its children.
async fn with_kin<P: ReadChats + ListChildren>(
    ports: &P,
    itself: Snapshot,
) -> Result<Vec<(Kin, Snapshot)>, Unavailable> {
    let (chat_id, parent_id) = (itself.chat.id, itself.chat.parent_chat_id);
    let parents = parent_id.into_iter().map(|id| (Kin::Parent, id));
    let children = ports.children(chat_id).await?.into_iter().map(|id| (Kin::Child, id));
    let found = parents.chain(children).map(|(kin, id)| async move {
        Ok::<_, Unavailable>(ports.snapshot(id).await?.map(|found| (kin, found)))
    });
    let found = try_join_all(found).await?;
    Ok(std::iter::once((Kin::Itself, itself)).chain(found.into_iter().flatten()).collect())
}

/// Writes all of them or none. False: one of them has moved on, nothing was written.
async fn write_all<P>(ports: &P, changes: &[Change]) -> Result<bool, Unavailable>
where
    P: ReadChats + CommitChats + CommitFamilies,
{
    enter(Phase::Commit);
    let first = match changes {
        [] => return Ok(true),
        [only] => return write(ports, only, None).await,
        [first, ..] => first,
    };
    let written = match ports.commit_all(changes).await {
        Ok(()) => true,
        // It is all or nothing: the first tells of the others.
        Err(CommitError::Conflict) => landed(ports, &first.chat).await?,
        Err(CommitError::Unavailable(unavailable)) => match landed(ports, &first.chat).await {
            Ok(true) => true,
            Ok(false) | Err(_) => return Err(unavailable),
        },
    };
    if written {
        changes.iter().rev().for_each(tally::written);
    }
    Ok(written)
}
