//! Random sequences of transitions: what must hold after each of them.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most transitions say nothing; these tests pick those that do"
)]
#![allow(clippy::expect_used, reason = "helpers of tests are not recognised as tests")]

mod support {
    pub(crate) mod build;
    pub(crate) mod client;
    pub(crate) mod invariants;
    pub(crate) mod moves;
    pub(crate) mod world;
}

use std::collections::BTreeSet;

use chat::{
    Change, Draft,
    id::MessageId,
    message::{Message, Role, Visibility},
    record::{Chat, Status},
    span::Spans,
    time::Timestamp,
    transition::{Fence, Refusal, Transition},
};
use proptest::prelude::*;
use support::{
    build::{NOW, create},
    client::Client,
    invariants::{broken, said, words},
    moves::{Raw, becomes, raw_moves},
    world::World,
};

/// Whether a person said it, and not a compaction for the model.
fn is_said(message: &Message) -> bool {
    message.role == Role::User && message.visibility == Visibility::Both
}

/// A chat that is played with, and what is known of it from outside.
struct Play {
    world: World,
    client: Client,
    now: Timestamp,
    /// What people said and nobody took back.
    alive: BTreeSet<String>,
    /// Fences of the past, and how often the chat had come to rest by then.
    fences: Vec<(Fence, u32)>,
    rests: u32,
}

impl Play {
    fn new() -> Self {
        let mut play = Self {
            world: World::default(),
            client: Client::default(),
            now: NOW,
            alive: BTreeSet::from(["hello".to_owned()]),
            fences: Vec::new(),
            rests: 0,
        };
        let draft = play.world.draft(NOW).apply(create(Some("hello"), NOW)).expect("a chat can be made");
        play.write(draft);
        play
    }

    /// Plays moves that share one write; one that is refused is left out.
    fn play(&mut self, raws: &[(usize, Raw)]) {
        self.now = self.now.plus_ms(raws.iter().map(|(_, raw)| raw.wait_ms).sum());
        let old: Vec<Fence> = self.fences.iter().map(|(fence, _)| *fence).collect();
        let mut draft = self.world.draft(self.now);
        let mut moved = false;
        for (index, raw) in raws {
            let transition = becomes(*raw, *index, &draft, &old, self.now);
            if !self.sensible(&transition, &draft) {
                continue;
            }
            match draft.clone().apply(transition.clone()) {
                Ok(next) => {
                    self.note(&transition, &draft, &next);
                    (draft, moved) = (next, true);
                }
                Err(Refusal::Impossible { name, from, to }) => panic!("{name} leads from {from} to {to}"),
                Err(_) => {}
            }
        }
        if moved {
            self.write(draft);
        }
    }

    /// What the callers of transitions see to: only people's messages are edited, something is parked.
    fn sensible(&self, transition: &Transition, draft: &Draft) -> bool {
        let all = || self.world.messages.values().chain(draft.messages());
        match transition {
            Transition::Edit { message_id, .. } => {
                all().any(|message| message.id == *message_id && is_said(message))
            }
            Transition::Park { calls, .. } => {
                !calls.is_empty() && draft.chat().is_some_and(|chat| chat.calls.len() == calls.len())
            }
            _ => true,
        }
    }

    /// Holds the rules of a single transition, and keeps account of what was said.
    fn note(&mut self, transition: &Transition, before: &Draft, after: &Draft) {
        let (Some(old), Some(new)) = (before.chat(), after.chat()) else { panic!("the chat is gone") };
        counters(old, new);
        self.fenced(transition);
        match transition {
            Transition::Send { message, .. } => {
                self.alive.insert(words(&message.content));
            }
            Transition::Edit { message_id, .. } => self.cut(*message_id, before, after),
            Transition::ClearQueue => {
                for queued in before.queue() {
                    self.alive.remove(&words(&queued.content));
                }
            }
            Transition::EditQueued { id, .. } | Transition::DeleteQueued { id } => {
                let gone = before.queue().iter().find(|queued| queued.id == *id).expect("it was queued");
                self.alive.remove(&words(&gone.content));
                let now = after.queue().iter().find(|queued| queued.id == *id);
                self.alive.extend(now.map(|queued| words(&queued.content)));
            }
            _ => {}
        }
        if matches!(new.status, Status::Waiting | Status::Error) {
            self.rests += 1;
        }
        self.fences.push((after.fence(support::build::worker(1)), self.rests));
    }

    /// A step that worked when the chat came to rest must not write after that.
    fn fenced(&self, transition: &Transition) {
        let (Transition::RecordRetry { fence, .. }
        | Transition::CommitStep(chat::transition::CommitStep { fence, .. })
        | Transition::CommitCompaction(chat::transition::CommitCompaction { fence, .. })
        | Transition::Park { fence, .. }
        | Transition::FinishTurn { fence }
        | Transition::FinishInterruption { fence, .. }
        | Transition::FinishError { fence, .. }) = transition
        else {
            return;
        };
        let same = |held: &&(Fence, u32)| {
            (held.0.history_version, held.0.generation_attempt)
                == (fence.history_version, fence.generation_attempt)
        };
        let stale = self.fences.iter().find(same).is_some_and(|(_, rests)| *rests < self.rests);
        assert!(!stale, "a step wrote that began before the chat came to rest: {transition:?}");
    }

    fn cut(&mut self, from: MessageId, before: &Draft, after: &Draft) {
        let messages = self.world.messages.values().chain(before.messages());
        for message in messages.filter(|message| message.id >= from && is_said(message)) {
            let parts: Vec<_> = message.content.iter().map(|stored| stored.part.clone()).collect();
            self.alive.remove(&words(&parts));
        }
        for queued in before.queue() {
            self.alive.remove(&words(&queued.content));
        }
        let new = after.messages().last().expect("an edit says something");
        let parts: Vec<_> = new.content.iter().map(|stored| stored.part.clone()).collect();
        self.alive.insert(words(&parts));
    }

    fn write(&mut self, draft: Draft) {
        let change = draft.finish().expect("there is a chat");
        self.world.commit(&change);
        self.client.apply(&change);
        self.client.agrees(&self.world);
        assert_eq!(broken(&self.world), None);
        self.nothing_lost();
        self.woken(&change);
    }

    /// Everything said is in history or in the queue, once, and nothing else is.
    fn nothing_lost(&self) {
        let mut found = said(&self.world);
        found.extend(self.world.queue.values().map(|queued| words(&queued.content)));
        let count = found.len();
        let found: BTreeSet<String> = found.into_iter().collect();
        assert_eq!(found, self.alive, "what people said");
        assert_eq!(found.len(), count, "something is there twice");
    }

    /// Where nobody works, the write that made it so sends a wake; at rest none is sent.
    fn woken(&self, change: &Change) {
        let chat = &change.chat;
        match chat.status {
            Status::Waiting | Status::Error => assert_eq!(change.wake, None, "a chat at rest is woken"),
            Status::Running | Status::RequiresAction | Status::Interrupting => {
                let released = change.lease == chat::change::LeaseChange::Release;
                let begins = chat.lease.is_none() && (released || change.events.iter().any(begun));
                assert!(
                    !begins || change.wake.is_some(),
                    "nobody works and nobody is woken: {:?}",
                    change.events
                );
            }
        }
    }
}

/// Whether the event tells that the chat left its rest.
fn begun(event: &chat::event::Event) -> bool {
    matches!(event.body, chat::event::Body::Status { status: Status::Running })
        && event.snapshot_version == Some(1)
}

/// The counters of a single transition.
fn counters(old: &Chat, new: &Chat) {
    let (was, is) = (old.versions, new.versions);
    assert_eq!(is.snapshot, was.snapshot + 1);
    let said = new.next_message_id != old.next_message_id;
    assert!(said || old.spans == new.spans, "history changed without a message");
    assert!(!said || (is.history == is.snapshot && is.generation_attempt == 0), "{is:?}");
    assert!(is.history == was.history || is.generation_attempt == 0, "{is:?}");
    assert!(old.retry == new.retry || is.retry == is.snapshot);
    assert!(old.queue == new.queue || is.queue == is.snapshot);
    assert!(new.next_message_id >= old.next_message_id && new.next_queued_id >= old.next_queued_id);
    assert!(!(old.status == Status::Error && new.status != Status::Error) || new.last_error.is_none());
}

/// Groups moves that share a write.
fn writes(raws: Vec<Raw>) -> Vec<Vec<(usize, Raw)>> {
    let mut writes: Vec<Vec<(usize, Raw)>> = Vec::new();
    for (index, raw) in raws.into_iter().enumerate() {
        match writes.last_mut() {
            Some(last) if raw.joins => last.push((index, raw)),
            Some(_) | None => writes.push(vec![(index, raw)]),
        }
    }
    writes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_rules_hold(raws in raw_moves()) {
        let mut play = Play::new();
        writes(raws).iter().for_each(|raws| play.play(raws));
    }

    #[test]
    fn spans_show_what_a_plain_list_shows(moves in prop::collection::vec((any::<bool>(), any::<u8>()), 0..40)) {
        let (mut spans, mut list, mut next) = (Spans::default(), Vec::new(), 1);
        let mut past: Vec<Vec<(u64, u64)>> = vec![Vec::new()];
        for (version, (cuts, pick)) in (1..).zip(moves) {
            if cuts && let Some(&(from, _)) = list.get(usize::from(pick) % list.len().max(1)) {
                spans.cut(MessageId(from));
                list.retain(|(id, _)| *id < from);
            }
            spans.append(MessageId(next), version);
            list.push((next, version));
            next += 1 + u64::from(pick % 7 == 0);
            past.push(list.clone());
            agree(&spans, &list, next);
            past.iter().zip(0..).for_each(|(held, version)| heals(&spans, &list, held, version));
        }
    }
}

fn agree(spans: &Spans, list: &[(u64, u64)], next: u64) {
    let shown: Vec<u64> = (0..=next).filter(|id| spans.contains(MessageId(*id))).collect();
    let listed: Vec<u64> = list.iter().map(|(id, _)| *id).collect();
    assert_eq!(shown, listed);
    assert_eq!(spans.len(), u64::try_from(list.len()).unwrap_or(0));
    assert_eq!(spans.last().map(|id| id.0), listed.last().copied());
    let all = spans.within(MessageId(0), MessageId(next));
    assert_eq!(all.iter().flat_map(|span| span.first.0..=span.last.0).collect::<Vec<_>>(), listed);
}

/// Who forgets what is stale and takes what is newer than what he saw ends with what is there.
fn heals(spans: &Spans, list: &[(u64, u64)], held: &[(u64, u64)], version: u64) {
    let stale = spans.stale_from(version).map_or(u64::MAX, |id| id.0);
    let mut healed: Vec<(u64, u64)> = held.iter().copied().filter(|(id, _)| *id < stale).collect();
    healed.extend(list.iter().filter(|(_, since)| *since > version));
    assert_eq!(healed, list, "from version {version}, stale from {stale}");
}
