//! What happened in a run, and what should not have.

use std::{collections::BTreeMap, fmt::Write as _};

use chat::time::Timestamp;

/// How long it took until work went on after a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recovery {
    /// What struck, and what it struck.
    pub(crate) fault: &'static str,
    pub(crate) took_ms: u64,
}

/// The record of one run.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) trace: String,
    pub(crate) violations: Vec<String>,
    pub(crate) recoveries: Vec<Recovery>,
    /// Chats on which work has to go on, since when and after what.
    waiting: BTreeMap<String, (Timestamp, &'static str)>,
}

impl Journal {
    pub(super) fn note(&mut self, at_ms: u64, words: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.trace, "{:>10.3} s  {words}", at_ms as f64 / 1_000.0);
    }

    /// A fault has struck while work on the chat was to go on.
    pub(super) fn disturbed(&mut self, chat: &str, now: Timestamp, fault: &'static str) {
        self.waiting.entry(chat.to_owned()).or_insert((now, fault));
    }

    /// Work goes on.
    pub(super) fn goes_on(&mut self, chat: &str, now: Timestamp) {
        if let Some((since, fault)) = self.waiting.remove(chat) {
            self.recoveries.push(Recovery { fault, took_ms: now.since_ms(since) });
        }
    }
}
