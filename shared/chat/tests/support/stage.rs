//! What the model checker plays: one chat, two steps, two clients, wakes and a clock.

mod deeds;
mod steps;

use std::{
    collections::BTreeSet,
    hash::{Hash, Hasher},
    sync::Arc,
};

use chat::{
    Draft,
    id::WorkerId,
    message::Role,
    record::{Chat, Status},
    time::Timestamp,
    transition::{Fence, Refusal},
};

use super::{
    build::{NOW, create},
    invariants::{broken, forgotten, said, words},
    world::World,
};

/// What a client may do, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Deed {
    Send(Sends, &'static str),
    Interrupt,
    Edit(&'static str),
    Answer,
    Compact,
}

/// How a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sends {
    Queue,
    Interrupt,
    Steer,
}

/// How a model call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Text,
    Call,
    /// The window was used up: a summary, and no answer yet.
    Summary,
    Retryable,
    Fatal,
}

/// Where a step is between two effects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stage {
    Woken,
    Working(Fence),
    /// Committed; the wake is not sent yet.
    Sending(Timestamp),
    /// All done; the wake that started it is not acknowledged yet.
    Done,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Client {
    pub(crate) deeds: Vec<Deed>,
    /// A wake that it has to send after its commit.
    pub(crate) owes: Option<Timestamp>,
}

/// How much may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    pub(crate) crashes: u8,
    pub(crate) losses: u8,
    pub(crate) doubles: u8,
    pub(crate) calls: u8,
    pub(crate) summaries: u8,
    pub(crate) failures: u8,
    pub(crate) ticks: u8,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scene {
    pub(crate) world: Arc<World>,
    pub(crate) now: Timestamp,
    /// When each wake that is under way may arrive.
    pub(crate) wakes: Vec<Timestamp>,
    pub(crate) steps: [Option<(WorkerId, Stage)>; 2],
    pub(crate) clients: [Client; 2],
    pub(crate) budget: Budget,
    alive: BTreeSet<String>,
    /// A move that led where the table has no way.
    impossible: Option<String>,
}

impl Hash for Scene {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let since = |at: Timestamp| i128::from(at.0) - i128::from(self.now.0);
        let chat = self.world.chat.as_ref();
        let history: Vec<_> =
            self.world.history().map(|message| (message.id, message.content.len())).collect();
        let row = chat.map(|chat| {
            let lease = chat.lease.map(|lease| (lease.worker, since(lease.until)));
            let retry = chat.retry.as_ref().map(|retry| since(retry.retrying_at));
            let deadline = chat.next_deadline().map(since);
            let calls: Vec<_> = chat.calls.iter().map(|call| (&call.id, call.answered)).collect();
            format!(
                "{:?}{:?}{:?}{lease:?}{retry:?}{deadline:?}{calls:?}{}{}",
                chat.status, chat.versions, chat.queue, chat.boundary, chat.compaction_requested
            )
        });
        let due = chat.and_then(|chat| chat.due_at).map(since);
        let wakes: Vec<_> = self.wakes.iter().copied().map(since).collect();
        (row, history, due, wakes, &self.alive, self.budget).hash(state);
        let owes = self.clients.each_ref().map(|client| client.owes.map(since));
        (self.clients.each_ref().map(|client| &client.deeds), owes, &self.impossible).hash(state);
        format!("{:?}", self.steps).hash(state);
    }
}

impl Scene {
    pub(crate) fn new(deeds: [&[Deed]; 2], budget: Budget) -> Self {
        let mut world = World::default();
        let _created = world.apply(create(Some("hello"), NOW), NOW);
        Self {
            world: Arc::new(world),
            now: NOW,
            wakes: vec![NOW],
            steps: [None, None],
            clients: deeds.map(|deeds| Client { deeds: deeds.to_vec(), owes: None }),
            budget,
            alive: BTreeSet::from(["hello".to_owned()]),
            impossible: None,
        }
    }

    pub(crate) fn chat(&self) -> Option<&Chat> {
        self.world.chat.as_ref()
    }

    pub(crate) fn rests(&self) -> bool {
        self.chat().is_some_and(|chat| matches!(chat.status, Status::Waiting | Status::Error))
    }

    /// Says which promise is broken, if any.
    pub(crate) fn broken(&self) -> Option<String> {
        let mut found = said(&self.world);
        found.extend(self.world.queue.values().map(|queued| words(&queued.content)));
        found.sort();
        let lost = !found.iter().eq(&self.alive);
        let roles: Vec<Role> = self.world.history().map(|message| message.role).collect();
        let twice = roles.windows(2).any(|pair| pair == [Role::Assistant, Role::Assistant]);
        let lost = lost.then(|| format!("said and kept: {found:?}, and not {:?}", self.alive));
        let twice = twice.then(|| "a message was answered twice".to_owned());
        let forgotten = forgotten(&self.world);
        broken(&self.world).or(lost).or(twice).or(forgotten).or_else(|| self.impossible.clone())
    }

    /// Writes what `make` drafts; gives back when the wake that follows is due, or none if refused.
    fn write(
        &mut self,
        make: impl FnOnce(Draft) -> Result<Draft, Refusal>,
    ) -> Result<Option<Timestamp>, Refusal> {
        let draft = make(self.world.draft(self.now)).inspect_err(|refusal| {
            if matches!(refusal, Refusal::Impossible { .. }) {
                self.impossible = Some(refusal.to_string());
            }
        })?;
        let change = draft.finish().ok_or(Refusal::Missing)?;
        Arc::make_mut(&mut self.world).commit(&change);
        Ok(change.wake.map(|due| self.now.plus_ms(due.delay_ms)))
    }

    /// More than a few wakes of one chat under way tell nothing new: what is too much is lost.
    fn send(&mut self, at: Timestamp) {
        if self.wakes.len() < 2 {
            self.wakes.push(at);
            self.wakes.sort();
        }
    }

    /// The clock moves to the next instant that matters to anybody, and the sweep looks at what is due.
    pub(crate) fn tick(&mut self) {
        let Some(chat) = self.chat() else { return };
        let due = chat.due_at.map(|due| if due > self.now { due } else { self.now.plus_ms(60_000) });
        let lease = chat.lease.map(|lease| lease.until);
        let retrying = chat.retry.as_ref().map(|retry| retry.retrying_at);
        let all = [due, lease, retrying, chat.next_deadline()].into_iter().flatten();
        let next = all.chain(self.wakes.iter().copied()).filter(|at| *at > self.now).min();
        self.now = next.unwrap_or(self.now);
        let swept = self.chat().and_then(|chat| chat.due_at).is_some_and(|due| due <= self.now);
        if swept && self.wakes.is_empty() {
            self.send(self.now);
        }
    }

    pub(crate) fn deliverable(&self) -> Option<usize> {
        self.wakes.iter().position(|at| *at <= self.now)
    }

    /// Whether the chat comes to rest from here when nothing more goes wrong.
    pub(crate) fn comes_to_rest(&self) -> bool {
        let mut scene = self.clone();
        for _ in 0..100 {
            if scene.rests() {
                return true;
            }
            if let Some(slot) = scene.steps.iter().position(Option::is_some) {
                scene.work(slot, Outcome::Text);
            } else if let Some(index) = scene.deliverable() {
                scene.deliver(index, 0);
            } else {
                scene.tick();
            }
        }
        false
    }

    /// The same, after everybody has died and all wakes are lost.
    pub(crate) fn deserted(&self) -> Self {
        Self { wakes: Vec::new(), steps: [None, None], ..self.clone() }
    }
}
