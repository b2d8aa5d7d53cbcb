//! What a step does next: pure, over the chat's own item; the first match wins.

use chat::{
    limit::{ATTEMPTS, STEPS_PER_TURN},
    record::{Chat, Status},
    state::State,
    time::Timestamp,
};

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: at rest, or waiting for somebody else.
    Nothing,
    /// Another step holds the lease, until then at least.
    Leased {
        /// When it ends.
        until: Timestamp,
    },
    /// A retry waits, or a deadline does.
    NotYet {
        /// For how long.
        delay_ms: u64,
    },
    /// The chat is in a state that cannot be.
    Reconcile,
    /// A step that was to stop has died: finish what it left.
    FinishInterruption,
    /// Calls are past their deadline.
    Expire,
    /// Calls are open that nobody was given: a step died before it could answer them or hand them out.
    RunTools,
    /// The same, as often as it may be.
    CloseCalls,
    /// All is said, or as much as one turn may say.
    Finish,
    /// The model was asked as often as it may be.
    GiveUp,
    /// The model's turn to summarise: somebody asked for it.
    Compact,
    /// The model's turn.
    Generate,
}

impl Decision {
    /// Returns its name in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Leased { .. } => "leased",
            Self::NotYet { .. } => "not_yet",
            Self::Reconcile => "reconcile",
            Self::FinishInterruption => "finish_interruption",
            Self::Expire => "expire",
            Self::RunTools => "run_tools",
            Self::CloseCalls => "close_calls",
            Self::Finish => "finish",
            Self::GiveUp => "give_up",
            Self::Compact => "compact",
            Self::Generate => "generate",
        }
    }
}

/// A wake may be early by as much as clocks differ.
const EARLY_MS: u64 = 500;

/// Decides what a step does that finds `chat` at `now`.
#[must_use]
pub fn decide(chat: &Chat, now: Timestamp) -> Decision {
    match chat.status {
        _ if State::of(Some(chat)) == State::Invalid => Decision::Reconcile,
        _ if chat.archived => Decision::Nothing,
        Status::Waiting | Status::Error => Decision::Nothing,
        Status::RequiresAction => parked(chat, now),
        Status::Running if chat.is_parked() => parked(chat, now),
        Status::Running | Status::Interrupting => working(chat, now),
    }
}

fn parked(chat: &Chat, now: Timestamp) -> Decision {
    match chat.next_deadline() {
        Some(deadline) if deadline > now => Decision::NotYet { delay_ms: deadline.since_ms(now) },
        Some(_) | None => Decision::Expire,
    }
}

fn working(chat: &Chat, now: Timestamp) -> Decision {
    if let Some(lease) = chat.leased_at(now) {
        return Decision::Leased { until: lease.until };
    }
    if chat.status == Status::Interrupting {
        return Decision::FinishInterruption;
    }
    if let Some(retry) = &chat.retry
        && retry.retrying_at > now.plus_ms(EARLY_MS)
    {
        return Decision::NotYet { delay_ms: retry.retrying_at.since_ms(now) };
    }
    let given_up = chat.versions.generation_attempt >= ATTEMPTS;
    if !chat.calls.is_empty() {
        return if given_up { Decision::CloseCalls } else { Decision::RunTools };
    }
    let steers = chat.queue.iter().any(|entry| entry.steers);
    if chat.compaction_requested && !given_up {
        return Decision::Compact;
    }
    if ((chat.is_answered() || chat.turn_ends) && !steers) || chat.steps >= STEPS_PER_TURN {
        return Decision::Finish;
    }
    if given_up { Decision::GiveUp } else { Decision::Generate }
}
