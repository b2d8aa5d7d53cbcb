//! One chat as a store keeps it: changed by changes only.

use std::collections::BTreeMap;

use chat::{
    Change, Draft,
    call::Call,
    change::LeaseChange,
    id::{CallId, MessageId, QueuedId, WorkerId},
    message::{Message, QueuedMessage},
    record::{Chat, Snapshot},
    state::State,
    time::Timestamp,
    transition::{Fence, Refusal, Transition},
};

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct World {
    pub(crate) chat: Option<Chat>,
    pub(crate) queue: BTreeMap<QueuedId, QueuedMessage>,
    pub(crate) ledger: BTreeMap<CallId, Call>,
    /// All that ever entered history, visible or not.
    pub(crate) messages: BTreeMap<MessageId, Message>,
}

impl World {
    pub(crate) fn state(&self) -> State {
        State::of(self.chat.as_ref())
    }

    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        let chat = self.chat.clone()?;
        let queue = chat.queue.iter().filter_map(|entry| self.queue.get(&entry.id).cloned()).collect();
        Some(Snapshot { queue, ledger: self.ledger.values().cloned().collect(), chat })
    }

    pub(crate) fn draft(&self, now: Timestamp) -> Draft {
        Draft::open(self.snapshot(), now)
    }

    #[allow(dead_code, reason = "not every test takes one")]
    pub(crate) fn fence(&self, worker: WorkerId, now: Timestamp) -> Fence {
        self.draft(now).fence(worker)
    }

    #[allow(dead_code, reason = "not every test writes single moves")]
    pub(crate) fn apply(&mut self, transition: Transition, now: Timestamp) -> Result<Change, Refusal> {
        let change = self.draft(now).apply(transition)?.finish().ok_or(Refusal::Missing)?;
        self.commit(&change);
        Ok(change)
    }

    /// Writes a change as a store does, and refuses what no store would take.
    pub(crate) fn commit(&mut self, change: &Change) {
        let held = self.chat.as_ref().map_or(0, |chat| chat.versions.snapshot);
        assert_eq!(change.expected, held, "the change was made from another state");
        let kept = self.chat.as_ref().and_then(|chat| chat.lease);
        let lease = match change.lease {
            LeaseChange::Keep => kept,
            LeaseChange::Release => None,
            LeaseChange::Take(lease) => Some(lease),
        };
        let progress = change.progress.after(self.chat.as_ref().and_then(|chat| chat.progress));
        self.chat = Some(Chat { lease, progress, ..change.chat.clone() });
        for message in &change.messages {
            let before = self.messages.insert(message.id, message.clone());
            assert!(before.is_none(), "message id {} was used twice", message.id);
        }
        change.queue_dropped.iter().for_each(|id| drop(self.queue.remove(id)));
        self.queue.extend(change.queue_put.iter().map(|queued| (queued.id, queued.clone())));
        change.calls_dropped.iter().for_each(|id| drop(self.ledger.remove(id)));
        let put = change.calls_put.iter().map(|call| (call.call.tool_call_id.clone(), call.clone()));
        self.ledger.extend(put);
    }

    /// The visible messages, oldest first.
    #[allow(dead_code, reason = "not every test reads it")]
    pub(crate) fn history(&self) -> impl Iterator<Item = &Message> {
        let visible =
            |message: &&Message| self.chat.as_ref().is_some_and(|chat| chat.spans.contains(message.id));
        self.messages.values().filter(visible)
    }
}
