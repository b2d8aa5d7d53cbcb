//! How a run is ended from outside, whatever it is at.

use chat::{
    Change, Draft,
    id::{ChatId, WorkerId},
    port::{Clock, CommitChats, ReadChats, ReadParts},
    record::{Chat, Snapshot},
    state::State,
    transition::Transition,
};

use crate::{
    commit::{CommitFailure, write},
    stopped::{interrupted, left_by_the_dead},
};

/// How often a kill is tried again because the chat had moved on.
const TRIES: usize = 20;

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
    /// What was written, for the caller to announce; none where the step had been asked to stop already.
    pub change: Option<Change>,
}

/// Ends what runs in a chat, whoever's it is: a step at work is asked to stop, what waits is stopped at once,
/// an interruption whose step has died is finished, and a state that cannot be is reconciled.
///
/// # Errors
/// See [`CommitFailure`]; a chat at rest refuses to be interrupted.
pub async fn kill<P>(ports: &P, chat_id: ChatId, queued: Queued) -> Result<Killed, CommitFailure>
where
    P: ReadChats + CommitChats + ReadParts + Clock,
{
    for _ in 0..TRIES {
        let snapshot = ports.snapshot(chat_id).await?.ok_or(CommitFailure::Missing)?;
        let (from, chat, before) =
            (State::of(Some(&snapshot.chat)), snapshot.chat.clone(), snapshot.chat.queue.len());
        let Some(draft) = end(ports, snapshot, queued).await? else {
            return Ok(Killed { from, chat, dropped: 0, change: None });
        };
        let mut change = draft.finish().ok_or(CommitFailure::Missing)?;
        change.chat.commit_id = ports.new_id();
        if write(ports, &change, None).await? {
            let dropped = if queued == Queued::Goes { before } else { 0 };
            return Ok(Killed { from, chat: change.chat.clone(), dropped, change: Some(change) });
        }
    }
    Err(CommitFailure::Contended)
}

/// Returns what is to be written; none where there is nothing left to do.
async fn end<P>(ports: &P, snapshot: Snapshot, queued: Queued) -> Result<Option<Draft>, CommitFailure>
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
            return Ok(if clears { Some(cleared(draft)?) } else { None });
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
    Ok(Some(draft))
}
