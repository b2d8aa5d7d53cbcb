//! What the caller is told.

use serde::Serialize;
use store::{Counts, Key};

/// Refused items that an answer names; the log names all.
const REFUSALS: usize = 100;

/// What the caller is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Whether nothing is left to do; if not, the caller invokes again.
    pub done: bool,
    /// Whether this only counted.
    pub dry_run: bool,
    /// What became of each migration, as far as they came.
    pub migrations: Vec<Outcome>,
}

/// What became of a migration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Which.
    pub name: &'static str,
    /// How it stands.
    pub state: State,
    /// Over all runs; of a dry run, what it came by.
    #[serde(flatten)]
    pub counts: Counts,
    /// Items that this run refused, up to a bound.
    pub refusals: Vec<Refusal>,
}

/// How a migration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing is left to do.
    Applied,
    /// The time was over; it goes on from where it is.
    Unfinished,
    /// Another run works on it.
    Held,
    /// A dry run has seen all items.
    Counted,
}

/// An item that a migration could make no sense of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Where it is.
    #[serde(flatten)]
    pub key: Key,
    /// Why.
    pub reason: &'static str,
}

impl State {
    /// Returns whether there is nothing left for the caller to do.
    #[must_use]
    pub const fn is_done(self) -> bool {
        match self {
            Self::Applied | Self::Counted => true,
            Self::Unfinished | Self::Held => false,
        }
    }
}

impl Outcome {
    pub(crate) fn new(name: &'static str, state: State, counts: Counts, refusals: Vec<Refusal>) -> Self {
        Self { name, state, counts, refusals: bounded(refusals) }
    }
}

/// Keeps as many as an answer names.
pub(crate) fn bounded(mut refusals: Vec<Refusal>) -> Vec<Refusal> {
    refusals.truncate(REFUSALS);
    refusals
}
