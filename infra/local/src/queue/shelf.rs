//! Who is next: the pure part of a queue.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::message::{Message, Received};
use crate::clock::Millis;

/// The messages of one queue.
///
/// Groups take turns (fair queues), so a busy one cannot make the others wait; within a group the oldest
/// is first.
#[derive(Debug, Default)]
pub struct Shelf {
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
    /// Takes a message in.
    pub fn put(&mut self, message: Message) {
        self.later.insert((message.visible_ms, message.id.clone()));
        self.messages.insert(message.id.clone(), Held { message, receipt: None });
    }

    /// Hands out the next visible message and hides it until `hidden_until`.
    pub fn take(&mut self, now: Millis, hidden_until: Millis, nonce: u128) -> Option<Received> {
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

    /// Removes what `receipt` holds, even after its visibility ended, as long as nobody else took it.
    pub fn remove(&mut self, receipt: &str) -> Option<Message> {
        let id = self.held_under(receipt)?;
        self.discard(&id)
    }

    pub(super) fn discard(&mut self, id: &str) -> Option<Message> {
        let held = self.messages.remove(id)?;
        self.later.remove(&(held.message.visible_ms, id.to_owned()));
        Some(held.message)
    }

    /// Changes when the message becomes visible; false if `receipt` no longer holds one in flight.
    pub fn hide(&mut self, receipt: &str, until: Millis) -> bool {
        let Some(id) = self.held_under(receipt) else { return false };
        let Some(held) = self.messages.get_mut(&id) else { return false };
        if !self.later.remove(&(held.message.visible_ms, id.clone())) {
            return false;
        }
        held.message.visible_ms = until;
        self.later.insert((until, id));
        true
    }

    /// Returns when the next hidden message becomes visible.
    #[must_use]
    pub fn next_at(&self) -> Option<Millis> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::message::Letter;

    fn message(id: &str, group: &str, visible_ms: Millis) -> Message {
        Message {
            id: id.to_owned(),
            letter: Letter { body: id.to_owned(), group: Some(group.to_owned()), ..Letter::default() },
            sent_ms: 0,
            visible_ms,
            receive_count: 0,
            first_received_ms: None,
        }
    }

    fn take(shelf: &mut Shelf, now: Millis) -> Option<String> {
        shelf.take(now, now + 30, 1).map(|received| received.message.id)
    }

    #[test]
    fn groups_take_turns_and_keep_their_own_order() {
        let mut shelf = Shelf::default();
        for (number, id) in ["busy1", "busy2", "busy3", "quiet1"].into_iter().enumerate() {
            shelf.put(message(id, id.trim_end_matches(char::is_numeric), number as Millis));
        }
        let order: Vec<_> = std::iter::from_fn(|| take(&mut shelf, 10)).collect();
        assert_eq!(order, ["busy1", "quiet1", "busy2", "busy3"]);
    }

    #[test]
    fn a_receipt_is_void_once_somebody_else_has_the_message() {
        let mut shelf = Shelf::default();
        shelf.put(message("a", "g", 0));
        let first = shelf.take(0, 30, 1).unwrap().receipt;
        let second = shelf.take(30, 60, 2).unwrap().receipt;
        assert!(!shelf.hide(&first, 90));
        assert!(shelf.remove(&first).is_none());
        assert!(shelf.hide(&second, 90));
        assert_eq!(take(&mut shelf, 89), None);
        assert_eq!(shelf.take(90, 120, 3).unwrap().message.receive_count, 3);
    }

    #[test]
    fn a_message_is_in_flight_only_until_its_visibility_ends() {
        let mut shelf = Shelf::default();
        shelf.put(message("a", "g", 5));
        assert_eq!((take(&mut shelf, 4), shelf.next_at(), shelf.counts(4)), (None, Some(5), (0, 1)));
        let receipt = shelf.take(5, 30, 1).unwrap().receipt;
        assert_eq!((shelf.counts(29), shelf.counts(30)), ((0, 1), (1, 0)));
        assert_eq!(shelf.remove(&receipt).unwrap().id, "a");
        assert_eq!((take(&mut shelf, 60), shelf.len()), (None, 0));
    }
}
