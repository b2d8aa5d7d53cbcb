//! What an account holds.

use std::{collections::BTreeMap, fmt, time::Duration};

use crate::failure::Kind;

/// What an invocation is busy with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Nothing of the others: before, between and after them.
    #[default]
    Rest,
    /// Reading the chat.
    Load,
    /// Taking the lease, and reading what the model is to be told.
    Prompt,
    /// Waiting for the model's first word.
    FirstToken,
    /// Waiting for its further ones.
    Stream,
    /// Writing and pushing parts, while the model speaks.
    Flushes,
    /// Writing a change.
    Commit,
    /// Telling of it, and sending the wake.
    Announce,
}

impl Phase {
    /// Every phase, in their usual order.
    pub const ALL: [Self; 8] = [
        Self::Rest,
        Self::Load,
        Self::Prompt,
        Self::FirstToken,
        Self::Stream,
        Self::Flushes,
        Self::Commit,
        Self::Announce,
    ];

    /// Returns its name in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Load => "load",
            Self::Prompt => "prompt",
            Self::FirstToken => "first_token",
            Self::Stream => "stream",
            Self::Flushes => "flushes",
            Self::Commit => "commit",
            Self::Announce => "announce",
        }
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Count {
    /// A step was begun.
    Step,
    /// A turn came to rest.
    Turn,
    /// A chat was parked.
    Park,
    /// An attempt failed and another follows.
    Retry(Kind),
    /// A turn ended in a failure.
    Failure(Kind),
    /// A step found that what it worked on is not its own any more.
    LostLease,
    /// A frame was sent to a socket.
    Push,
    /// A socket was found closed.
    GoneSocket,
    /// A request to a queue.
    QueueRequest,
    /// More of the configuration was loaded than which edition is the newest.
    Load,
}

/// What is said in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Note {
    /// The chat's id.
    Chat,
    /// Decisions and transitions, in their order.
    Action,
    /// What came of the invocation.
    Outcome,
    /// Why the chat was woken.
    Wake,
    /// Who was asked.
    Provider,
    /// What was asked.
    Model,
    /// The provider's own id of the request.
    ProviderRequest,
    /// The header of the trace that the invocation belongs to.
    Trace,
    /// What went wrong, in internal words.
    Error,
}

/// What is said in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gauge {
    /// Which attempt at an answer it is, from 1.
    Attempt,
    /// How much longer than asked a wake waited, in milliseconds.
    WakeAgeMs,
    /// How many wakes were sent for what had been forgotten.
    Woken,
}

/// Moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// The model is being asked.
    Asked,
    /// Its first word came.
    FirstToken,
    /// Its last event came, or its failure.
    Answered,
}

/// What one phase took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// Time in it, all stretches together.
    pub time: Duration,
    /// When it was first entered, since the invocation began.
    pub first: Duration,
    /// When it was last left.
    pub last: Duration,
    /// How often it was entered.
    pub times: u64,
    /// Read request units.
    pub read_units: f64,
    /// Write request units.
    pub write_units: f64,
}

/// What an account holds. The times of the phases add up to `whole`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    /// How long the invocation has taken.
    pub whole: Duration,
    /// Where time and units went; phases that never ran are absent.
    pub phases: BTreeMap<Phase, Spent>,
    /// How often what happened.
    pub counts: BTreeMap<Count, u64>,
    /// What was said in words.
    pub notes: BTreeMap<Note, String>,
    /// What was said in numbers.
    pub gauges: BTreeMap<Gauge, u64>,
    /// What came when, since the invocation began.
    pub marks: BTreeMap<Mark, Duration>,
    phase: Phase,
}

impl Book {
    /// Returns how often something happened.
    #[must_use]
    pub fn counted(&self, what: Count) -> u64 {
        self.counts.get(&what).copied().unwrap_or_default()
    }

    /// Returns how long it took from one moment to another, if both came.
    #[must_use]
    pub fn between(&self, from: Mark, to: Mark) -> Option<Duration> {
        Some(self.marks.get(&to)?.saturating_sub(*self.marks.get(&from)?))
    }

    /// Returns the read and write request units of all phases.
    #[must_use]
    pub fn units(&self) -> (f64, f64) {
        let add =
            |(read, write): (f64, f64), spent: &Spent| (read + spent.read_units, write + spent.write_units);
        self.phases.values().fold((0.0, 0.0), add)
    }

    pub(super) fn enter(&mut self, phase: Phase, elapsed: Duration) {
        self.run_to(elapsed);
        if phase == self.phase {
            return;
        }
        self.phase = phase;
        let whole = self.whole;
        let spent = self.phases.entry(phase).or_insert(Spent { first: whole, ..Spent::default() });
        spent.times += 1;
        spent.last = whole;
    }

    /// Gives the time up to now to the phase that runs.
    pub(super) fn run_to(&mut self, elapsed: Duration) {
        let now = self.whole.max(elapsed);
        let spent = self.phases.entry(self.phase).or_insert(Spent { times: 1, ..Spent::default() });
        spent.time += now - self.whole;
        spent.last = now;
        self.whole = now;
    }

    pub(super) fn spend(&mut self, read_units: f64, write_units: f64) {
        let spent = self.phases.entry(self.phase).or_insert(Spent { times: 1, ..Spent::default() });
        spent.read_units += read_units;
        spent.write_units += write_units;
    }

    pub(super) fn note(&mut self, what: Note, text: &dyn fmt::Display) {
        let held = self.notes.entry(what).or_default();
        if what != Note::Action || held.is_empty() {
            *held = text.to_string();
        } else if held.len() < ACTION_BYTES {
            *held = format!("{held} {text}");
        }
    }
}

/// A step that others keep overtaking would say the same for ever.
const ACTION_BYTES: usize = 200;
