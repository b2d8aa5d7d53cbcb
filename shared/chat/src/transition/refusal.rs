//! Why a transition is not made.

use super::{Name, Transition, WhenBusy};
use crate::{
    id::{CallId, MessageId, QueuedId},
    state::State,
};

/// Why a transition was refused. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The table has no such move.
    #[error("{name} is not possible from {from}")]
    NotAllowed {
        /// The transition.
        name: Name,
        /// The state.
        from: State,
    },
    /// There is no such chat.
    #[error("the chat does not exist")]
    Missing,
    /// The chat is busy and the sender did not want to wait.
    #[error("the chat is busy")]
    Busy,
    /// The chat is archived.
    #[error("the chat is archived")]
    Archived,
    /// The chat is another's child: what is asked for happens to the whole family.
    #[error("the chat belongs to the one that made it")]
    IsChild,
    /// The queue holds all that it can.
    #[error("the queue is full")]
    QueueFull,
    /// There is no such queued message.
    #[error("queued message {0} does not exist")]
    NoSuchQueued(QueuedId),
    /// There is no such message to edit.
    #[error("message {0} does not exist")]
    NoSuchMessage(MessageId),
    /// The history has been cut too often.
    #[error("the history has been edited in too many places")]
    TooManyEdits,
    /// The model's context is empty already.
    #[error("there is nothing to clear")]
    NothingToClear,
    /// There is nothing that a compaction would shorten.
    #[error("there is nothing to compact")]
    NothingToCompact,
    /// The calls answered are not the calls that are pending.
    #[error("the calls answered are not the pending calls")]
    WrongCalls {
        /// Pending and not answered.
        missing: Vec<CallId>,
        /// Answered and not pending.
        unexpected: Vec<CallId>,
    },
    /// No deadline has passed.
    #[error("no call has expired")]
    NothingExpired,
    /// The step lost its lease, or history or the attempt has moved on.
    #[error("the step was overtaken")]
    Overtaken,
    /// The move ended in a state that the table does not allow: an error of ours.
    #[error("{name} from {from} must not lead to {to}")]
    Impossible {
        /// The transition.
        name: Name,
        /// Where it started.
        from: State,
        /// Where it ended.
        to: State,
    },
}

impl Refusal {
    /// Returns the refusal of a move that the table does not have, by its plainest name.
    pub(crate) fn not_allowed(transition: &Transition, from: State) -> Self {
        match (transition, from) {
            (_, State::N) => Self::Missing,
            (_, State::XW | State::XE0 | State::XE1) => Self::Archived,
            (Transition::Send { when_busy: WhenBusy::Reject, .. }, _) => Self::Busy,
            (
                Transition::EditQueued { id, .. }
                | Transition::DeleteQueued { id }
                | Transition::Promote { id },
                _,
            ) => Self::NoSuchQueued(*id),
            (transition, from) => Self::NotAllowed { name: transition.name(), from },
        }
    }
}
