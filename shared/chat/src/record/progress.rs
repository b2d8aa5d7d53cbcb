//! How far the running turn is.

use crate::time::Timestamp;

/// What the step that holds the lease does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It has asked the model, and nothing came back yet.
    Prompting,
    /// The model answers.
    Answering,
}

/// A step at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Working {
    /// When it began.
    pub since: Timestamp,
    /// What it does, as of its last sign of life.
    pub activity: Activity,
}

/// How far the running turn is: for people who look, nothing is decided on it. It is written where the lease
/// is, so that it costs no write of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// When the turn began.
    pub began_at: Timestamp,
    /// What the stack has cost since, in millionths of a dollar; what the provider asks is not in it.
    pub cost_micros: u64,
    /// The step at work; none between steps.
    pub step: Option<Working>,
}

impl Progress {
    /// Returns that of a turn that begins.
    #[must_use]
    pub const fn begun(now: Timestamp) -> Self {
        Self { began_at: now, cost_micros: 0, step: None }
    }
}
