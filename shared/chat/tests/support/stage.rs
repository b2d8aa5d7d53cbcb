//! What the model checker plays: one chat, two steps, two clients, wakes and a clock.

use std::{
    collections::BTreeSet,
    hash::{Hash, Hasher},
    sync::Arc,
};

use chat::{
    Draft,
    call::Answerer,
    id::{MessageId, WorkerId},
    limit::LEASE_MS,
    message::{NewMessage, Role},
    record::{Chat, Lease, Status},
    time::Timestamp,
    transition::{CommitStep, Fence, Next, Refusal, Transition, WhenBusy},
};

use super::{
    build::{NOW, answers, create, failure, open, pending, result, retry, says, waits, worker},
    invariants::{broken, said, words},
    world::World,
};

/// What a client may do, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Deed {
    Send(Sends, &'static str),
    Interrupt,
    Edit(&'static str),
    Answer,
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
                "{:?}{:?}{:?}{lease:?}{retry:?}{deadline:?}{calls:?}",
                chat.status, chat.versions, chat.queue
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
        broken(&self.world).or(lost).or(twice).or_else(|| self.impossible.clone())
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

    pub(crate) fn deliver(&mut self, index: usize, slot: usize) {
        self.wakes.remove(index);
        let held = self.chat().and_then(|chat| chat.lease).map(|lease| lease.worker);
        let taken =
            |id: &WorkerId| held == Some(*id) || self.steps.iter().flatten().any(|step| step.0 == *id);
        // An invocation's name is its own: the first that nobody goes by.
        let id = (1..).map(worker).find(|id| !taken(id)).unwrap_or(worker(0));
        self.steps[slot] = Some((id, Stage::Woken));
    }

    /// A wake whose step died is delivered again.
    pub(crate) fn crash(&mut self, slot: usize) {
        if let Some((_, stage)) = self.steps[slot].take() {
            let at = if matches!(stage, Stage::Working(_)) { self.now.plus_ms(LEASE_MS) } else { self.now };
            self.send(at);
        }
    }

    pub(crate) fn do_deed(&mut self, client: usize, index: usize) {
        let deed = self.clients[client].deeds.remove(index);
        let last_said = self.world.history().filter(|message| message.role == Role::User).last();
        let last_said = last_said.map_or(MessageId(0), |message| message.id);
        let now = self.now;
        let done = self.write(|draft| match deed {
            Deed::Send(when, words) => {
                let when_busy = match when {
                    Sends::Queue => WhenBusy::Queue,
                    Sends::Interrupt => WhenBusy::Interrupt,
                    Sends::Steer => WhenBusy::Steer,
                };
                draft.apply(Transition::Send { message: waits(words, now), when_busy })
            }
            Deed::Interrupt => draft.apply(Transition::Interrupt),
            Deed::Edit(words) => {
                draft.apply(Transition::Edit { message_id: last_said, message: says(words) })
            }
            Deed::Answer => {
                let calls = draft.chat().into_iter().flat_map(Chat::client_calls);
                let results = calls.map(|call| result(&call.id)).collect();
                draft.apply(Transition::Answer { by: Answerer::Client, results })
            }
        });
        if let Ok(owes) = done {
            self.clients[client].owes = owes;
            self.account(deed);
        }
    }

    fn account(&mut self, deed: Deed) {
        match deed {
            Deed::Send(_, words) => self.alive.extend([words.to_owned()]),
            // All before the edited message stays; the queue and the message itself are taken back.
            Deed::Edit(_) => self.alive = said(&self.world).into_iter().collect(),
            Deed::Interrupt | Deed::Answer => {}
        }
    }

    pub(crate) fn client_sends(&mut self, client: usize) {
        if let Some(at) = self.clients[client].owes.take() {
            self.send(at);
        }
    }

    /// The step's next effect.
    pub(crate) fn work(&mut self, slot: usize, outcome: Outcome) {
        let Some((id, stage)) = self.steps[slot] else { return };
        let next = match stage {
            Stage::Woken => self.look(id),
            Stage::Working(fence) => self.conclude(fence, outcome),
            Stage::Sending(at) => {
                self.send(at);
                Some(Stage::Done)
            }
            Stage::Done => None,
        };
        self.steps[slot] = next.map(|stage| (id, stage));
    }

    /// Loads and decides, as a step does.
    fn look(&mut self, id: WorkerId) -> Option<Stage> {
        let chat = self.chat()?.clone();
        let fence = self.world.fence(id, self.now);
        if self.rests() {
            return Some(Stage::Done);
        }
        if chat.is_parked() {
            let late = chat.next_deadline().is_none_or(|deadline| deadline <= self.now);
            return if late { self.then(Transition::Expire) } else { Some(Stage::Done) };
        }
        if let Some(lease) = chat.leased_at(self.now) {
            return Some(Stage::Sending(lease.until.plus_ms(1_000)));
        }
        if chat.status == Status::Interrupting {
            return self.then(Transition::FinishInterruption { fence, partial: None, opened: vec![] });
        }
        if let Some(retry) = chat.retry.as_ref().filter(|retry| retry.retrying_at > self.now) {
            return Some(Stage::Sending(retry.retrying_at));
        }
        self.go_on(&chat, fence)
    }

    fn go_on(&mut self, chat: &Chat, fence: Fence) -> Option<Stage> {
        let steers = chat.queue.iter().any(|entry| entry.steers);
        if !chat.calls.is_empty() {
            let messages = chat.calls.iter().map(|call| NewMessage::result(result(&call.id))).collect();
            return self.then(commits(fence, messages, Next::Wake));
        }
        if chat.last_answer_id == chat.spans.last() && !steers {
            return self.then(Transition::FinishTurn { fence });
        }
        let lease = Lease::from(fence.worker, self.now);
        let begun = self.write(|draft| {
            let draft = if steers { draft.apply(commits(fence, vec![], Next::Same))? } else { draft };
            let history_version = draft.fence(fence.worker).history_version;
            draft.apply(Transition::RecordAttempt { lease, history_version })
        });
        let fence = self.world.fence(fence.worker, self.now);
        Some(if begun.is_ok() { Stage::Working(fence) } else { Stage::Done })
    }

    fn then(&mut self, transition: Transition) -> Option<Stage> {
        let written = self.write(|draft| draft.apply(transition));
        Some(written.ok().flatten().map_or(Stage::Done, Stage::Sending))
    }

    /// The model call has ended: its output is written, unless the step was stopped or overtaken.
    fn conclude(&mut self, fence: Fence, outcome: Outcome) -> Option<Stage> {
        let now = self.now;
        let stopped = self.chat().is_some_and(|chat| chat.status == Status::Interrupting);
        let call = open(&format!("call-{}", self.chat()?.next_message_id), Answerer::Client);
        let written = self.write(|draft| {
            if stopped {
                let partial = Some(answers("half", &[]));
                return draft.apply(Transition::FinishInterruption { fence, partial, opened: vec![] });
            }
            match outcome {
                Outcome::Text => {
                    finish(draft.apply(commits(fence, vec![answers("a", &[])], Next::Wake))?, fence)
                }
                Outcome::Retryable => {
                    draft.apply(Transition::RecordRetry { fence, retry: retry(1, 4_000, now) })
                }
                Outcome::Fatal => draft.apply(Transition::FinishError { fence, failure: failure() }),
                Outcome::Call => {
                    let messages = vec![answers("a", std::slice::from_ref(&call))];
                    let opened = vec![call.clone()];
                    let next = Next::Wake;
                    let step = CommitStep { fence, messages, opened, usage: None, context_limit: None, next };
                    let draft = draft.apply(Transition::CommitStep(step))?;
                    let fence = draft.fence(fence.worker);
                    let calls = vec![pending(&call, MessageId(1), now.plus_ms(300_000))];
                    draft.apply(Transition::Park { fence, calls })
                }
            }
        });
        Some(written.ok().flatten().map_or(Stage::Done, Stage::Sending))
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

fn commits(fence: Fence, messages: Vec<NewMessage>, next: Next) -> Transition {
    let opened = Vec::new();
    Transition::CommitStep(CommitStep { fence, messages, opened, usage: None, context_limit: None, next })
}

fn finish(draft: Draft, fence: Fence) -> Result<Draft, Refusal> {
    let over = draft.chat().is_some_and(|chat| chat.last_answer_id == chat.spans.last());
    let fence = draft.fence(fence.worker);
    if over { draft.apply(Transition::FinishTurn { fence }) } else { Ok(draft) }
}
