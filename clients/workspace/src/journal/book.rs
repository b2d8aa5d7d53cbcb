//! What the journal's lines say together.

use std::{cmp::Reverse, collections::BTreeMap};

use chat::{agent::CallToken, time::Timestamp};

use super::record::Record;
use crate::limit;

/// The newest record of each call.
#[derive(Debug, Default)]
pub(super) struct Book {
    records: BTreeMap<CallToken, Record>,
}

impl Book {
    /// Reads lines; those that are not whole say nothing.
    pub(super) fn read(text: &[u8]) -> Self {
        let mut book = Self::default();
        for record in text.split(|byte| *byte == b'\n').filter_map(Record::read) {
            book.apply(record);
        }
        book
    }

    /// A call's records only ever go from started over answered to gone.
    pub(super) fn apply(&mut self, record: Record) {
        let held = self.records.get(record.token());
        if held.is_none_or(|held| rank(held) < rank(&record)) {
            self.records.insert(record.token().clone(), record);
        }
    }

    pub(super) fn get(&self, token: &CallToken) -> Option<&Record> {
        self.records.get(token)
    }

    pub(super) fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.values()
    }

    /// Forgets what has long been settled, and the oldest of what is too much. What is not settled goes last of all, and
    /// by no clock: forgotten, it would run twice.
    pub(super) fn expire(&mut self, now: Timestamp) {
        self.records.retain(|_, record| match record {
            Record::Started { .. } | Record::Answered { .. } => true,
            Record::Gone { at, .. } => now.since_ms(*at) < limit::KEPT_MS,
        });
        let surplus = self.records.len().saturating_sub(limit::JOURNAL_CALLS);
        let all = self.records.iter();
        let mut oldest: Vec<_> =
            all.map(|(token, record)| (Reverse(rank(record)), record.at(), token.clone())).collect();
        oldest.sort_unstable();
        for (.., token) in oldest.into_iter().take(surplus) {
            self.records.remove(&token);
        }
    }

    pub(super) fn lines(&self) -> Vec<u8> {
        self.records.values().filter_map(|record| record.line().ok()).flatten().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }
}

const fn rank(record: &Record) -> u8 {
    match record {
        Record::Started { .. } => 0,
        Record::Answered { .. } => 1,
        Record::Gone { .. } => 2,
    }
}
