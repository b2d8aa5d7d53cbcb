//! Who is next: the pure part of a queue.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::message::{Message, Received};
use crate::clock::Millis;

/// The messages of one queue.
///
/// Groups take turns (fair queues), so a busy one cannot make the others wait; within a group the oldest
/// is first.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    messages: HashMap<String, Held>,
    /// Not visible yet: delayed, or in somebody's hands.
    later: BTreeSet<(Millis, String)>,
    ready: BTreeMap<String, VecDeque<String>>,
    turns: VecDeque<String>,
}

#[derive(Debug)]
struct Held {
    message: Message,
    receipt: Option<String>,
}

impl Shelf {
    pub(super) fn put(&mut self, message: Message) {
        self.later.insert((message.visible_ms, message.id.clone()));
        self.messages.insert(message.id.clone(), Held { message, receipt: None });
    }

    /// Hands out the next visible message and hides it until `hidden_until`.
    pub(super) fn take(&mut self, now: Millis, hidden_until: Millis, nonce: u128) -> Option<Received> {
        self.ripen(now);
        let id = self.next()?;
        let held = self.messages.get_mut(&id)?;
        held.message.receive_count += 1;
        held.message.first_received_ms.get_or_insert(now);
        held.message.visible_ms = hidden_until;
        let receipt = format!("{id}.{nonce:032x}");
        held.receipt = Some(receipt.clone());
        self.later.insert((hidden_until, id));
        Some(Received { receipt, message: held.message.clone() })
    }

    /// Removes what `receipt` names; an old receipt removes as well, as in SQS, while nobody took it since.
    pub(super) fn remove(&mut self, receipt: &str) -> Option<Message> {
        let id = self.held_under(receipt)?;
        self.discard(&id)
    }

    pub(super) fn discard(&mut self, id: &str) -> Option<Message> {
        let held = self.messages.remove(id)?;
        self.later.remove(&(held.message.visible_ms, id.to_owned()));
        Some(held.message)
    }

    /// Changes when the message becomes visible; false if `receipt` no longer holds one in flight.
    pub(super) fn hide(&mut self, receipt: &str, until: Millis) -> bool {
        let Some(id) = self.held_under(receipt) else { return false };
        let Some(held) = self.messages.get_mut(&id) else { return false };
        if !self.later.remove(&(held.message.visible_ms, id.clone())) {
            return false;
        }
        held.message.visible_ms = until;
        self.later.insert((until, id));
        true
    }

    /// When the next hidden message becomes visible.
    pub(super) fn next_at(&self) -> Option<Millis> {
        self.later.first().map(|(at, _)| *at)
    }

    pub(super) fn counts(&self, now: Millis) -> (usize, usize) {
        let hidden = self.later.iter().filter(|(at, _)| *at > now).count();
        (self.messages.len() - hidden, hidden)
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    fn held_under(&self, receipt: &str) -> Option<String> {
        let id = receipt.split('.').next()?;
        let held = self.messages.get(id)?;
        (held.receipt.as_deref() == Some(receipt)).then(|| id.to_owned())
    }

    fn ripen(&mut self, now: Millis) {
        while self.later.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, id)) = self.later.pop_first() else { return };
            let group = self.messages.get(&id).and_then(|held| held.message.letter.group.clone());
            self.make_ready(group.unwrap_or_default(), id);
        }
    }

    fn make_ready(&mut self, group: String, id: String) {
        let waiting = self.ready.entry(group.clone()).or_default();
        if waiting.is_empty() {
            self.turns.push_back(group);
        }
        waiting.push_back(id);
    }

    /// The next id of the group whose turn it is. Ids of messages removed meanwhile are passed over.
    fn next(&mut self) -> Option<String> {
        while let Some(group) = self.turns.pop_front() {
            let waiting = self.ready.get_mut(&group)?;
            let id = waiting.pop_front();
            if waiting.is_empty() {
                self.ready.remove(&group);
            } else {
                self.turns.push_back(group);
            }
            if let Some(id) = id.filter(|id| self.messages.contains_key(id)) {
                return Some(id);
            }
        }
        None
    }
}
