//! What the account of an invocation says of a change that was written.

use chat::{
    Change,
    account::{Count, Note, count, note},
    failure::Kind,
    state::State,
    transition::Name,
};

/// Says what was done, and what the chat has come to.
pub(crate) fn written(change: &Change) {
    note(Note::Chat, change.chat.id);
    note(Note::Outcome, State::of(Some(&change.chat)));
    for name in &change.made_of {
        note(Note::Action, name);
        done(*name, change);
    }
}

fn done(name: Name, change: &Change) {
    match name {
        Name::FinishTurn | Name::FinishInterruption => count(Count::Turn),
        Name::FinishError | Name::Reconcile => {
            count(Count::Turn);
            let failure = change.chat.last_error.as_ref();
            count(Count::Failure(failure.map_or(Kind::Generic, |failure| failure.kind)));
        }
        Name::RecordRetry => {
            let retry = change.chat.retry.as_ref();
            count(Count::Retry(retry.map_or(Kind::Generic, |retry| retry.kind)));
        }
        Name::Park => count(Count::Park),
        Name::Create
        | Name::SendQueue
        | Name::SendInterrupt
        | Name::SendSteer
        | Name::SendReject
        | Name::Edit
        | Name::EditQueued
        | Name::DeleteQueued
        | Name::ClearQueue
        | Name::Promote
        | Name::Interrupt
        | Name::Answer
        | Name::Expire
        | Name::RequestCompaction
        | Name::Clear
        | Name::SetArchived
        | Name::Delete
        | Name::Describe
        | Name::NoteDiff
        | Name::RecordAttempt
        | Name::CommitStep
        | Name::CommitCompaction => {}
    }
}
