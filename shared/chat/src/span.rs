//! What is visible of an append-only history: a short list of spans over it.
//!
//! An edit cuts the last spans, whatever their length, and begins a new one; a fork shares a prefix of
//! another chat's spans. Message ids are never used twice.

use serde::{Deserialize, Serialize};

use crate::id::{ChatId, MessageId};

/// A run of visible messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The chat whose messages these are; none for the chat itself.
    #[serde(default, rename = "c", skip_serializing_if = "Option::is_none")]
    pub chat: Option<ChatId>,
    /// The first visible id.
    #[serde(rename = "f")]
    pub first: MessageId,
    /// The last visible id.
    #[serde(rename = "l")]
    pub last: MessageId,
    /// The `snapshot_version` at which the span began: who holds an older one holds messages that are
    /// no longer visible.
    #[serde(rename = "s")]
    pub since: u64,
}

/// The visible messages of a chat, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Spans(pub Vec<Span>);

impl Spans {
    /// Returns the last visible id.
    #[must_use]
    pub fn last(&self) -> Option<MessageId> {
        self.0.last().map(|span| span.last)
    }

    /// Returns whether `id` is visible.
    #[must_use]
    pub fn contains(&self, id: MessageId) -> bool {
        self.0.iter().any(|span| span.first <= id && id <= span.last)
    }

    /// Returns how many messages are visible.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.iter().map(|span| span.last.0 - span.first.0 + 1).sum()
    }

    /// Returns whether nothing is visible.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes `id` visible, as the newest; `now` is the `snapshot_version` that does so.
    pub fn append(&mut self, id: MessageId, now: u64) {
        match self.0.last_mut() {
            Some(span) if span.chat.is_none() && span.last.next() == id => span.last = id,
            Some(_) | None => self.0.push(Span { chat: None, first: id, last: id, since: now }),
        }
    }

    /// Hides `from` and all after it.
    pub fn cut(&mut self, from: MessageId) {
        self.0.retain(|span| span.first < from);
        if let Some(span) = self.0.last_mut()
            && span.last >= from
        {
            span.last = MessageId(from.0 - 1);
        }
    }

    /// Returns the prefix up to and including `through`, as a fork of `chat` refers to it.
    #[must_use]
    pub fn prefix(&self, chat: ChatId, through: MessageId) -> Self {
        let mut shared = self.clone();
        shared.cut(through.next());
        for span in &mut shared.0 {
            span.chat = span.chat.or(Some(chat));
            span.since = 1;
        }
        shared
    }

    /// Returns the visible parts of `[first, last]`, oldest first, each within one chat's messages.
    #[must_use]
    pub fn within(&self, first: MessageId, last: MessageId) -> Vec<Span> {
        let clip = |span: &Span| Span { first: span.first.max(first), last: span.last.min(last), ..*span };
        self.0.iter().map(clip).filter(|span| span.first <= span.last).collect()
    }

    /// Returns the first id that somebody who last saw `snapshot_version` must forget, if any.
    ///
    /// The span that began later is the first one that he does not know; all that he holds beyond the
    /// span before it is gone.
    #[must_use]
    pub fn stale_from(&self, snapshot_version: u64) -> Option<MessageId> {
        let unknown = self.0.iter().position(|span| span.since > snapshot_version)?;
        let kept = unknown.checked_sub(1).and_then(|i| self.0.get(i)).map(|span| span.last);
        Some(kept.map_or(MessageId(1), MessageId::next))
    }

    /// Returns the first id that was visible once and is no more, if any.
    #[must_use]
    pub fn first_cut(&self) -> Option<MessageId> {
        let mut expected = MessageId(1);
        for span in &self.0 {
            if span.first > expected {
                return Some(expected);
            }
            expected = span.last.next();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appended(through: u64) -> Spans {
        let mut spans = Spans::default();
        (1..=through).for_each(|id| spans.append(MessageId(id), id));
        spans
    }

    fn shape(spans: &Spans) -> Vec<[u64; 2]> {
        spans.0.iter().map(|span| [span.first.0, span.last.0]).collect()
    }

    #[test]
    fn an_edit_cuts_the_end_and_begins_a_span() {
        let mut spans = appended(14);
        spans.cut(MessageId(8));
        spans.append(MessageId(15), 20);
        spans.append(MessageId(16), 21);
        assert_eq!(shape(&spans), [[1, 7], [15, 16]]);
        assert_eq!(spans.len(), 9);
        assert!(!spans.contains(MessageId(8)));
    }

    #[test]
    fn a_cut_in_the_first_message_leaves_nothing() {
        let mut spans = appended(3);
        spans.cut(MessageId(1));
        assert!(spans.is_empty());
    }

    #[test]
    fn who_saw_the_cut_messages_forgets_from_the_cut() {
        let mut spans = appended(7);
        spans.cut(MessageId(5));
        spans.append(MessageId(8), 8);
        assert_eq!(spans.stale_from(7), Some(MessageId(5)));
        assert_eq!(spans.stale_from(8), None);
        spans.append(MessageId(9), 9);
        spans.cut(MessageId(9));
        spans.append(MessageId(10), 10);
        assert_eq!(spans.stale_from(7), Some(MessageId(5)));
        assert_eq!(spans.stale_from(9), Some(MessageId(9)));
    }

    #[test]
    fn the_first_cut_is_where_the_first_hole_is() {
        let mut spans = appended(3);
        assert_eq!(spans.first_cut(), None);
        spans.cut(MessageId(3));
        spans.append(MessageId(4), 4);
        assert_eq!(spans.first_cut(), Some(MessageId(3)));
        spans.cut(MessageId(1));
        spans.append(MessageId(5), 5);
        assert_eq!(spans.first_cut(), Some(MessageId(1)));
    }

    #[test]
    fn a_fork_of_a_fork_still_names_the_first_chat() {
        let (one, two) = (ChatId(uuid::Uuid::from_u128(1)), ChatId(uuid::Uuid::from_u128(2)));
        let mut fork = appended(5).prefix(one, MessageId(3));
        fork.append(MessageId(4), 2);
        let second = fork.prefix(two, MessageId(4));
        let owners: Vec<_> = second.0.iter().map(|span| span.chat).collect();
        assert_eq!(owners, [Some(one), Some(two)]);
        assert_eq!(shape(&second), [[1, 3], [4, 4]]);
    }
}
