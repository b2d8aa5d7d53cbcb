//! Runs: turns that are not over, as people on call see them, whoever's they are.

use serde::{Deserialize, Serialize};

use crate::{
    id::{ChatId, ModelId, UserId},
    record::{Activity, Chat, Status},
    state::State,
    time::Timestamp,
};

/// What a run is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// A wake is on its way, and nobody works yet.
    Waking,
    /// A step has asked the model, which has not answered yet.
    Prompting,
    /// The model answers.
    Answering,
    /// A step was asked to stop and has not yet.
    Stopping,
    /// The step has died; its wake comes back within half a minute.
    Lost,
    /// An attempt failed, and the next one waits for its time.
    Retrying,
    /// Calls are pending, none of them a client's.
    Parked,
    /// A client or a person must answer.
    RequiresAction,
    /// The chat is in a state that cannot be.
    Invalid,
    /// The turn is over.
    AtRest,
}

impl Phase {
    /// Returns the word that the wire uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waking => "waking",
            Self::Prompting => "prompting",
            Self::Answering => "answering",
            Self::Stopping => "stopping",
            Self::Lost => "lost",
            Self::Retrying => "retrying",
            Self::Parked => "parked",
            Self::RequiresAction => "requires_action",
            Self::Invalid => "invalid",
            Self::AtRest => "at_rest",
        }
    }

    /// Returns what a chat is at.
    #[must_use]
    pub fn of(chat: &Chat, now: Timestamp) -> Self {
        let is_leased = chat.leased_at(now).is_some();
        match State::of(Some(chat)) {
            State::N | State::W | State::E0 | State::E1 | State::XW | State::XE0 | State::XE1 => Self::AtRest,
            State::Invalid => Self::Invalid,
            State::A0 | State::A1 => Self::RequiresAction,
            State::P0 | State::P1 => Self::Parked,
            State::I0 | State::I1 if is_leased => Self::Stopping,
            State::I0 | State::I1 => Self::Lost,
            State::R0 | State::R1 if is_leased => working(chat),
            State::R0 | State::R1 if chat.retry.is_some() => Self::Retrying,
            State::R0 | State::R1 if chat.lease.is_some() => Self::Lost,
            State::R0 | State::R1 => Self::Waking,
        }
    }
}

fn working(chat: &Chat) -> Phase {
    match chat.progress.and_then(|progress| progress.step).map(|step| step.activity) {
        Some(Activity::Answering) => Phase::Answering,
        Some(Activity::Prompting) | None => Phase::Prompting,
    }
}

/// A run, as clients see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunView {
    /// The chat.
    pub chat_id: ChatId,
    /// Whose it is.
    pub owner_id: UserId,
    /// What it is called.
    pub title: String,
    /// What the chat is busy with, as its owner sees it.
    pub status: Status,
    /// The state in the table of transitions.
    pub state: State,
    /// What it is at, as of the last sign of life.
    pub phase: Phase,
    /// When the turn began.
    pub began_at: Timestamp,
    /// How long ago that was.
    pub age_ms: u64,
    /// How long ago the step at work began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_age_ms: Option<u64>,
    /// Model calls since history changed.
    pub attempt: u32,
    /// The model that answers.
    pub model_id: ModelId,
    /// Calls that nobody has answered.
    pub pending_calls: usize,
    /// Messages that wait for the turn to end.
    pub queued_count: usize,
    /// When somebody must look if nobody did before; none at rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// How long ago somebody should have looked. None while a step works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue_ms: Option<u64>,
    /// What the turn has cost so far, tokens aside, in millionths of a dollar; as of the last sign of life.
    pub cost_micros: u64,
    /// Until when the step at work is taken to be alive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<Timestamp>,
}

/// Two sweeps should have woken a chat that is overdue for so long: wakes do not help it.
pub const STUCK_MS: u64 = 120_000;

impl RunView {
    /// Returns what a chat's run looks like at `now`.
    #[must_use]
    pub fn of(chat: &Chat, now: Timestamp) -> Self {
        let lease = chat.leased_at(now);
        // Rows of older code do not say when the turn began.
        let began_at = chat.progress.map_or(chat.updated_at, |progress| progress.began_at);
        let step = chat.progress.and_then(|progress| progress.step).filter(|_| lease.is_some());
        let late = chat.due_at.filter(|due| *due < now && lease.is_none());
        Self {
            chat_id: chat.id,
            owner_id: chat.owner_id,
            title: chat.title.clone(),
            status: chat.status,
            state: State::of(Some(chat)),
            phase: Phase::of(chat, now),
            began_at,
            age_ms: now.since_ms(began_at),
            step_age_ms: step.map(|step| now.since_ms(step.since)),
            attempt: chat.versions.generation_attempt,
            model_id: chat.model_id,
            pending_calls: chat.calls.iter().filter(|call| !call.answered).count(),
            queued_count: chat.queue.len(),
            due_at: chat.due_at,
            overdue_ms: late.map(|due| now.since_ms(due)),
            cost_micros: chat.progress.map_or(0, |progress| progress.cost_micros),
            lease_until: lease.map(|lease| lease.until),
        }
    }

    /// Returns whether it will not go on by itself.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.phase == Phase::Invalid || self.overdue_ms.is_some_and(|late_ms| late_ms >= STUCK_MS)
    }
}

/// How many runs there are. The first four add up to all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// A step works or is about to.
    pub running: usize,
    /// Others than clients and people are to answer.
    pub parked: usize,
    /// A client or a person is to answer.
    pub requires_action: usize,
    /// An attempt failed and the next one waits.
    pub retrying: usize,
    /// How many of all of them do not go on by themselves.
    pub stuck: usize,
}

impl Counts {
    /// Counts runs.
    #[must_use]
    pub fn of(runs: &[RunView]) -> Self {
        let mut counts = Self::default();
        for run in runs {
            *counts.kind(run) += 1;
            counts.stuck += usize::from(run.is_stuck());
        }
        counts
    }

    const fn kind(&mut self, run: &RunView) -> &mut usize {
        match (run.phase, run.status) {
            (Phase::Parked, _) => &mut self.parked,
            (Phase::RequiresAction, _) | (Phase::Invalid, Status::RequiresAction) => {
                &mut self.requires_action
            }
            (Phase::Retrying, _) => &mut self.retrying,
            (
                Phase::Waking
                | Phase::Prompting
                | Phase::Answering
                | Phase::Stopping
                | Phase::Lost
                | Phase::Invalid
                | Phase::AtRest,
                _,
            ) => &mut self.running,
        }
    }
}
