//! Random moves: what people, steps and clocks may try on a chat as it stands.

use chat::{
    Draft,
    call::{Answerer, OpenCall},
    id::{MessageId, QueuedId},
    message::NewMessage,
    record::Lease,
    time::Timestamp,
    transition::{Attempt, CommitCompaction, CommitStep, Describe, Fence, Next, Transition, WhenBusy},
};
use proptest::prelude::*;

use super::build::{answers, compaction, failure, open, pending, result, retry, says, text, waits, worker};

/// A move in the raw: what it becomes depends on the chat.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw {
    pub(crate) kind: u8,
    pub(crate) pick: u8,
    pub(crate) detail: u8,
    pub(crate) wait_ms: u64,
    /// Whether it shares its write with the move before.
    pub(crate) joins: bool,
}

pub(crate) fn raw_moves() -> impl Strategy<Value = Vec<Raw>> {
    let wait = prop_oneof![4 => 1..2_000_u64, 1 => Just(31_000_u64), 1 => 60_000..700_000_u64];
    let raw = (0..31_u8, any::<u8>(), any::<u8>(), wait, prop::bool::weighted(0.2))
        .prop_map(|(kind, pick, detail, wait_ms, joins)| Raw { kind, pick, detail, wait_ms, joins });
    prop::collection::vec(raw, 1..60)
}

/// What a move becomes, and the words that it says, if any.
pub(crate) fn becomes(raw: Raw, index: usize, draft: &Draft, old: &[Fence], now: Timestamp) -> Transition {
    let words = format!("said {index}");
    let step = Stepping { raw, index, draft, old, now };
    match raw.kind {
        0..=3 => {
            let all = [WhenBusy::Queue, WhenBusy::Interrupt, WhenBusy::Steer, WhenBusy::Reject];
            Transition::Send { message: waits(&words, now), when_busy: all[usize::from(raw.kind)] }
        }
        4 => Transition::Edit { message_id: MessageId(u64::from(raw.pick)), message: says(&words) },
        5 => Transition::EditQueued { id: queued(raw, draft), content: vec![text(&words)] },
        6 if raw.detail > 200 => Transition::ClearQueue,
        6 => Transition::DeleteQueued { id: queued(raw, draft) },
        7 => Transition::Promote { id: queued(raw, draft) },
        8 => Transition::Interrupt,
        9..=11 => answer(raw, draft),
        12 => Transition::Expire,
        13 => Transition::RequestCompaction,
        14 => Transition::Clear,
        15 => Transition::SetArchived { archived: raw.detail > 100 },
        16 => Transition::Describe(Describe { title: Some(words), ..Describe::default() }),
        17..=19 => step.attempt(),
        20 => Transition::RecordRetry {
            fence: step.fence(),
            retry: retry(1, 4_000, now),
            after: Attempt::Failed,
        },
        21..=24 => step.commit(),
        25..=26 => step.park(),
        30 => step.compact(),
        27 => Transition::FinishTurn { fence: step.fence() },
        28 => step.stop(),
        _ => Transition::FinishError { fence: step.fence(), failure: failure() },
    }
}

fn queued(raw: Raw, draft: &Draft) -> QueuedId {
    let queue = draft.queue();
    queue.get(usize::from(raw.pick) % queue.len().max(1)).map_or(QueuedId(0), |queued| queued.id)
}

fn calls(draft: &Draft) -> &[OpenCall] {
    draft.chat().map(|chat| chat.calls.as_slice()).unwrap_or_default()
}

const OTHERS: [Answerer; 4] = [Answerer::Client, Answerer::Person, Answerer::Workspace, Answerer::Chat];

fn answer(raw: Raw, draft: &Draft) -> Transition {
    let by = OTHERS[usize::from(raw.pick % 4)];
    let mine = calls(draft).iter().filter(|call| call.answerer == by && !call.answered);
    let most = if by == Answerer::Client || raw.detail > 100 { usize::MAX } else { 1 };
    Transition::Answer { by, results: mine.take(most).map(|call| result(&call.id)).collect() }
}

struct Stepping<'a> {
    raw: Raw,
    index: usize,
    draft: &'a Draft,
    old: &'a [Fence],
    now: Timestamp,
}

impl Stepping<'_> {
    /// Mostly the right fence, now and then another worker's or one from earlier.
    fn fence(&self) -> Fence {
        let worker = worker(if self.raw.pick.is_multiple_of(8) { 2 } else { 1 });
        match self.old.get(usize::from(self.raw.detail) % self.old.len().max(1)) {
            Some(old) if self.raw.pick.is_multiple_of(5) => *old,
            Some(_) | None => self.draft.fence(worker),
        }
    }

    fn attempt(&self) -> Transition {
        let fence = self.fence();
        let lease = Lease::from(fence.worker, self.now);
        Transition::RecordAttempt { lease, history_version: fence.history_version }
    }

    fn commit(&self) -> Transition {
        let opened = self.opened();
        let messages = match calls(self.draft) {
            [] => vec![answers("answer", &opened)],
            open => open.iter().map(|call| NewMessage::result(result(&call.id))).collect(),
        };
        let opened = if calls(self.draft).is_empty() { opened } else { Vec::new() };
        let next = if self.raw.detail.is_multiple_of(2) { Next::Same } else { Next::Wake };
        let fence = self.fence();
        Transition::CommitStep(CommitStep { fence, messages, opened, used: None, context_limit: None, next })
    }

    /// Up to two calls, for others or for the step.
    fn opened(&self) -> Vec<OpenCall> {
        let call = |number: u8| {
            let by = match (self.raw.pick / 16).wrapping_add(number) % 5 {
                4 => Answerer::Step,
                other => OTHERS[usize::from(other)],
            };
            open(&format!("call-{}-{number}", self.index), by)
        };
        (0..self.raw.detail % 3).map(call).collect()
    }

    fn compact(&self) -> Transition {
        let pending = (self.raw.pick > 100).then(|| says("said before")).into_iter().collect();
        let (fence, compaction) = (self.fence(), compaction(self.index));
        Transition::CommitCompaction(CommitCompaction { fence, compaction, pending, context_tokens: 10 })
    }

    fn park(&self) -> Transition {
        let deadline = |index: usize| self.now.plus_ms(300_000 + 60_000 * u64::try_from(index).unwrap_or(0));
        let others = |call: &&OpenCall| call.answerer != Answerer::Step;
        let calls = calls(self.draft).iter().filter(others).enumerate();
        let calls = calls.map(|(index, open)| pending(open, MessageId(1), deadline(index))).collect();
        Transition::Park { fence: self.fence(), calls }
    }

    fn stop(&self) -> Transition {
        let opened = self.opened();
        let partial = (self.raw.pick > 100).then(|| answers("half", &opened));
        let opened = if partial.is_some() { opened } else { Vec::new() };
        Transition::FinishInterruption { fence: self.fence(), partial, opened }
    }
}
