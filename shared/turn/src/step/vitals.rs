//! What a step says of itself with its heartbeat: its stream notes it, its lease sends it.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use chat::{
    account::{self, price},
    record::{Activity, Chat, Progress, Working},
    time::Timestamp,
};

/// What the template gives a step.
const MEMORY_MB: u64 = 128;

/// How far a step is.
#[derive(Debug)]
pub(super) struct Vitals {
    before: Progress,
    since: Timestamp,
    answering: AtomicBool,
}

impl Vitals {
    /// Begins at `now` with what the turn of `chat` has cost before.
    pub(super) fn of(chat: &Chat, now: Timestamp) -> Self {
        let before = chat.progress.unwrap_or(Progress::begun(now));
        let since = before.step.map_or(now, |step| step.since);
        Self { before, since, answering: AtomicBool::new(false) }
    }

    /// Notes that the model has begun to answer.
    pub(super) fn answered(&self) {
        self.answering.store(true, Relaxed);
    }

    /// Returns how far the turn is at `now`.
    pub(super) fn progress(&self, now: Timestamp) -> Progress {
        let activity = if self.answering.load(Relaxed) { Activity::Answering } else { Activity::Prompting };
        let step = Some(Working { since: self.since, activity });
        let cost_micros = self.before.cost_micros.saturating_add(self.spent_micros(now));
        Progress { cost_micros, step, ..self.before }
    }

    /// What the invocation's account says; the time at least, where none is kept.
    fn spent_micros(&self, now: Timestamp) -> u64 {
        let time = Duration::from_millis(now.since_ms(self.since));
        let cost = price::estimate(&account::so_far(), MEMORY_MB).max(price::memory(time, MEMORY_MB));
        cost.ceil() as u64
    }
}
