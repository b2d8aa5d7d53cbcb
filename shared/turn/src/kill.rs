//! How a run is ended from outside, whatever it is at.

use chat::{
    Change, Draft,
    id::{ChatId, WorkerId},
    port::{Clock, CommitChats, ListChildren, ReadChats, ReadParts, ReadReceipts, Unavailable},
    record::{Chat, Snapshot},
    state::State,
    transition::{Describe, Transition},
};
use futures::{StreamExt as _, stream};

use crate::{
    commit::{CommitFailure, ReceiptPlan, attempt, pause, replay},
    stopped::{interrupted, left_by_the_dead},
};

/// How often a kill is tried again because the chat had moved on.
const TRIES: u32 = 20;
/// Children that are ended beside each other.
const AT_ONCE: usize = 8;

/// What becomes of the messages that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// The first of them runs next.
    Runs,
    /// They go, too.
    Goes,
}

/// What a kill did.
#[derive(Clone, Debug)]
pub struct Killed {
    /// The state before.
    pub from: State,
    /// The chat as it is now.
    pub chat: Chat,
    /// How many queued messages went.
    pub dropped: usize,
    /// What was written, for the caller to announce; none where the step had been asked to stop already, by a
    /// request without a key.
    pub change: Option<Change>,
}

/// Ends what runs in a chat, whoever's it is: a step at work is asked to stop, what waits is stopped at once,
/// an interruption whose step has died is finished, and a state that cannot be is reconciled.
///
/// With a plan, that is done once for each key, or a repetition would end the turn after.
///
/// # Errors
/// See [`CommitFailure`]; a chat at rest refuses to be interrupted.
pub async fn kill<P>(
    ports: &P,
    chat_id: ChatId,
    queued: Queued,
    plan: Option<ReceiptPlan<'_>>,
) -> Result<Killed, CommitFailure>
where
    P: ReadChats + CommitChats + ReadParts + ReadReceipts + Clock,
{
    for lost in 1..=TRIES {
        if let Some(plan) = &plan {
            replay(ports, plan).await?;
        }
        let snapshot = ports.snapshot(chat_id).await?.ok_or(CommitFailure::Missing)?;
        let (from, chat, before) =
            (State::of(Some(&snapshot.chat)), snapshot.chat.clone(), snapshot.chat.queue.len());
        let draft = match (end(ports, snapshot, queued).await?, &plan) {
            (End::Made(draft), _) => draft,
            (End::Asked(_), None) => return Ok(Killed { from, chat, dropped: 0, change: None }),
            // The key counts all the same: by the time it is repeated, the next message may run.
            (End::Asked(draft), Some(_)) => draft.apply(Transition::Describe(Describe::default()))?,
        };
        if let Some(change) = attempt(ports, draft, plan.as_ref()).await? {
            let dropped = if queued == Queued::Goes { before } else { 0 };
            return Ok(Killed { from, chat: change.chat.clone(), dropped, change: Some(change) });
        }
        pause(ports, lost).await;
    }
    Err(CommitFailure::Contended)
}

/// Ends what runs in a chat and in its children, the chat first, so that it makes no more of them.
///
/// What came of the chat itself, and what was ended of its children. One that could not be ended is ended by the next kill.
///
/// # Errors
/// The children could not be listed.
pub async fn kill_family<P>(
    ports: &P,
    chat_id: ChatId,
    queued: Queued,
    plan: Option<ReceiptPlan<'_>>,
) -> Result<(Result<Killed, CommitFailure>, Vec<Killed>), Unavailable>
where
    P: ReadChats + CommitChats + ReadParts + ReadReceipts + ListChildren + Clock,
{
    let killed = kill(ports, chat_id, queued, plan).await;
    if matches!(killed, Err(CommitFailure::Missing | CommitFailure::Mismatch)) {
        return Ok((killed, Vec::new()));
    }
    let children = ports.children(chat_id).await?;
    let kills = stream::iter(children).map(|id| async move { (id, kill(ports, id, queued, None).await) });
    let kills: Vec<_> = kills.buffer_unordered(AT_ONCE).collect().await;
    let ended = kills.into_iter().filter_map(|(id, killed)| match killed {
        Ok(killed) => Some(killed),
        Err(CommitFailure::Missing | CommitFailure::Refused(_)) => None,
        Err(error) => {
            tracing::warn!(chat_id = %id, %error, "a child's run was not ended");
            None
        }
    });
    Ok((killed, ended.collect()))
}

/// What there is to do.
enum End {
    /// This is to be written.
    Made(Draft),
    /// Nothing: the step has been asked to stop already.
    Asked(Draft),
}

async fn end<P>(ports: &P, snapshot: Snapshot, queued: Queued) -> Result<End, CommitFailure>
where
    P: ReadParts + Clock,
{
    let (chat, now) = (snapshot.chat.clone(), ports.now());
    let clears = queued == Queued::Goes && !chat.queue.is_empty();
    let draft = Draft::open(Some(snapshot), now);
    let cleared = |draft: Draft| if clears { draft.apply(Transition::ClearQueue) } else { Ok(draft) };
    let draft = match State::of(Some(&chat)) {
        State::Invalid => cleared(draft.apply(Transition::Reconcile)?)?,
        State::I0 | State::I1 if chat.leased_at(now).is_some() => {
            return Ok(if clears { End::Made(cleared(draft)?) } else { End::Asked(draft) });
        }
        State::I0 | State::I1 => {
            let parts = left_by_the_dead(ports, &chat).await?;
            let draft = cleared(draft)?;
            let fence = draft.fence(WorkerId(ports.new_id()));
            interrupted(draft, fence, parts, chat.model_id)?
        }
        // Refused before anything is dropped.
        State::N | State::W | State::E0 | State::E1 | State::XW | State::XE0 | State::XE1 => {
            draft.apply(Transition::Interrupt)?
        }
        State::R0 | State::R1 | State::P0 | State::P1 | State::A0 | State::A1 => {
            cleared(draft)?.apply(Transition::Interrupt)?
        }
    };
    Ok(End::Made(draft))
}
