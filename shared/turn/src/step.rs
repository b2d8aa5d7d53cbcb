//! One invocation: load, decide, act, commit, announce.

mod again;
mod answered;
mod aside;
mod asking;
mod bill;
mod compacting;
mod conclude;
mod dispatch;
mod drafts;
mod expire;
mod flushing;
mod keeping;
mod labelling;
mod lease;
mod looking;
mod machines;
mod naming;
mod needs;
mod resting;
mod seen;
mod source;
mod stream;
mod templates;
mod tools;
mod vitals;
mod wakes;

use std::{future::Future, sync::Arc};

use chat::{
    account::{Count, Note, Phase, count, enter, note},
    catalogue::{Editions, Unusable},
    failure::{Failure, Kind},
    id::WorkerId,
    message::QueuedMessage,
    port::{AskModel, HoldWake, Unavailable},
    record::{Chat, Lease, Snapshot},
    time::Timestamp,
    tool::Toolbox,
    transition::Transition,
    wake::{Reason, Wake},
    workspace::Template,
};
use futures::{
    future::{join, join3},
    lock::Mutex,
};

pub use needs::StepPorts;

use crate::{
    announce::announce_in_order,
    catalogue::Catalogues,
    decide::{Decision, decide},
    money::spent_out,
    prompt::Asked,
    recent::Recent,
    settle::{Decide, Settled, settle_on},
    stopped::{interrupted, left_by_the_dead},
};

/// How often a step looks again because others were quicker than its first write.
const ROUNDS: usize = 10;

/// How much of a deleted chat one step removes.
const ERASURES: usize = 20;

/// A process that runs steps, one at a time or several beside each other.
#[derive(Debug)]
pub struct Worker<P, M> {
    /// The world.
    pub ports: P,
    /// The models.
    pub model: M,
    /// What there is to ask.
    pub catalogues: Catalogues,
    /// What models may call.
    pub tools: Arc<dyn Toolbox>,
    /// What workspaces are made from.
    pub templates: Vec<Template>,
    /// What it remembers of chats.
    pub recent: Recent,
}

/// One wake being worked on.
struct Step<'a, P, M, H> {
    worker: &'a Worker<P, M>,
    hold: &'a H,
    wake: Wake,
    id: WorkerId,
    ends_at: Timestamp,
    /// Held by whoever makes a child.
    spawning: Mutex<()>,
}

/// Runs one step of the chat that was woken.
///
/// `hold` keeps the wake from being delivered again meanwhile; `ends_at` is when the host ends the process,
/// with the time that it takes to commit set aside. A lost race is a success: somebody else works.
///
/// # Errors
/// A dependency that stayed silent. The wake is to be delivered again.
pub async fn run<P: StepPorts, M: AskModel, H: HoldWake>(
    worker: &Worker<P, M>,
    hold: &H,
    wake: Wake,
    ends_at: Timestamp,
) -> Result<(), Unavailable> {
    let id = WorkerId(worker.ports.new_id());
    Step { worker, hold, wake, id, ends_at, spawning: Mutex::new(()) }.run().await
}

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    async fn run(&self) -> Result<(), Unavailable> {
        count(Count::Step);
        note(Note::Chat, self.wake.chat_id);
        note(Note::Wake, self.wake.reason.name());
        // A dead step is noticed when its lease ends, not when the queue gives up on it.
        let (held, mut found, editions) =
            join3(self.hold.hold(chat::limit::LEASE_MS), self.load(), self.worker.ports.editions()).await;
        // Only who asks a model needs them.
        let editions = editions.inspect_err(|error| tracing::warn!(%error, "editions not read")).ok();
        if let Err(error) = held {
            tracing::warn!(%error, "wake not held; the next heartbeat will");
        }
        for _ in 0..ROUNDS {
            let Some(snapshot) = found? else { return self.erase().await };
            match self.wake.reason {
                Reason::Title => return self.name(snapshot, editions).await,
                Reason::Label => return self.label(snapshot, editions).await,
                Reason::Report => return Box::pin(self.report(&snapshot.chat)).await,
                Reason::Message
                | Reason::Step
                | Reason::Retry
                | Reason::Answer
                | Reason::Deadline
                | Reason::Resend
                | Reason::Lease
                | Reason::Sweep
                | Reason::Erase => {}
            }
            if self.act(snapshot, editions).await?.is_break() {
                return Ok(());
            }
            found = self.load().await;
        }
        Err(Unavailable { dependency: "chats", reason: "the chat is changing too fast".into() })
    }

    /// Removes what a deleted chat has left; what is too much for now is due again within minutes.
    async fn erase(&self) -> Result<(), Unavailable> {
        enter(Phase::Commit);
        for _ in 0..ERASURES {
            if self.worker.ports.erase(self.wake.chat_id).await? {
                break;
            }
        }
        Ok(())
    }

    fn load(&self) -> impl Future<Output = Result<Option<Snapshot>, Unavailable>> + Send {
        enter(Phase::Load);
        self.worker.ports.snapshot(self.wake.chat_id)
    }

    /// Does what there is to do. `Continue`: somebody was quicker, look again.
    async fn act(&self, snapshot: Snapshot, editions: Option<Editions>) -> Result<Flow, Unavailable> {
        let decision = decide(&snapshot.chat, self.now());
        note(Note::Action, decision.name());
        match decision {
            // Whoever brought a child to rest may have died before its parent was told.
            Decision::Nothing => Box::pin(self.report(&snapshot.chat)).await.map(Flow::Break),
            Decision::Leased { until } => self.look_again(until).await,
            Decision::NotYet { .. } if snapshot.chat.is_parked() => Box::pin(self.wait_on(snapshot)).await,
            Decision::NotYet { delay_ms } => self.put_off(delay_ms).await,
            Decision::FinishInterruption => self.finish_for_the_dead(snapshot).await,
            Decision::Expire => Box::pin(self.expire(snapshot)).await,
            Decision::Reconcile => self.commit(snapshot, &|draft| draft.apply(Transition::Reconcile)).await,
            Decision::RunTools => Box::pin(self.run_open_tools(snapshot)).await,
            Decision::CloseCalls => self.commit(snapshot, &|draft| self.close_calls(draft)).await,
            Decision::Finish => self.commit(snapshot, &|draft| self.finish_turn(draft)).await,
            Decision::GiveUp => {
                self.commit(snapshot, &|draft| self.fail(draft, failure(Kind::Generic, GAVE_UP))).await
            }
            Decision::Compact | Decision::Generate => Box::pin(self.generate(snapshot, editions)).await,
        }
    }

    async fn generate(&self, snapshot: Snapshot, editions: Option<Editions>) -> Result<Flow, Unavailable> {
        enter(Phase::Prompt);
        let editions = match editions {
            Some(editions) => editions,
            None => self.worker.ports.editions().await?,
        };
        let asked = match self.asked(&answering(&snapshot), editions).await? {
            Ok(asked) => asked,
            Err(unusable) => {
                let failure = failure(unusable.kind(), &format!("{unusable}; choose another model"));
                return self.commit(snapshot, &|draft| self.fail(draft, failure.clone())).await;
            }
        };
        let limits = &asked.offer.catalogue.settings.limits;
        if let Some(failure) = spent_out(&self.worker.ports, &snapshot.chat, limits, self.now()).await? {
            return self.commit(snapshot, &|draft| self.fail(draft, failure.clone())).await;
        }
        let kept = self.kept(&snapshot.chat).await?;
        let ports = &self.worker.ports;
        let before = snapshot.chat.clone();
        let lease = Lease::from(self.id, self.now());
        let (taken, (history, spec)) = join(
            settle_on(ports, snapshot, &|draft| self.begin(draft, lease, kept.as_ref())),
            join(self.worker.recent.history(ports, &before), self.spec(&before, kept.as_ref())),
        )
        .await;
        let change = match taken? {
            Some(Settled::Done(change)) => change,
            Some(Settled::Interrupted | Settled::Overtaken) | None => return Ok(Flow::Continue(())),
        };
        let mut history = history?;
        history.extend(change.messages.iter().cloned().map(Arc::new));
        self.stream(*change, history, spec?, asked).await?;
        Ok(Flow::Break(()))
    }

    /// Ends an interruption that its step did not live to end: what it wrote is in the part log.
    async fn finish_for_the_dead(&self, snapshot: Snapshot) -> Result<Flow, Unavailable> {
        let parts = left_by_the_dead(&self.worker.ports, &snapshot.chat).await?;
        let model_id = snapshot.chat.model_id;
        self.commit(snapshot, &|draft| {
            let fence = draft.fence(self.id);
            interrupted(draft, fence, parts.clone(), model_id)
        })
        .await
    }

    async fn commit(&self, snapshot: Snapshot, decide: &Decide<'_>) -> Result<Flow, Unavailable> {
        enter(Phase::Commit);
        match settle_on(&self.worker.ports, snapshot, decide).await? {
            None => Ok(Flow::Continue(())),
            Some(Settled::Done(change)) => {
                announce_in_order(&self.worker.ports, &change, Vec::new()).await?;
                Ok(Flow::Break(()))
            }
            Some(Settled::Interrupted | Settled::Overtaken) => Ok(Flow::Continue(())),
        }
    }

    /// Returns which model answers, and how it is asked.
    async fn asked(&self, chat: &Chat, editions: Editions) -> Result<Result<Asked, Unusable>, Unavailable> {
        let Worker { ports, catalogues, .. } = self.worker;
        let offer = catalogues.offer_of(ports, chat.owner_id, editions).await?;
        Ok(Asked::of(&offer, chat.model_id))
    }

    fn now(&self) -> Timestamp {
        self.worker.ports.now()
    }
}

/// Returns the chat as it is once those messages have joined that steer: the last that names a model chooses it.
fn answering(snapshot: &Snapshot) -> Chat {
    let steers = |message: &&QueuedMessage| {
        snapshot.chat.queue.iter().any(|entry| entry.steers && entry.id == message.id)
    };
    let named = snapshot.queue.iter().filter(steers).filter_map(|message| message.model_id).next_back();
    Chat { model_id: named.unwrap_or(snapshot.chat.model_id), ..snapshot.chat.clone() }
}

/// Whether to look at the chat again.
type Flow = std::ops::ControlFlow<()>;

const GAVE_UP: &str = "the model could not be asked: every attempt died; send the message again";

fn failure(kind: Kind, message: &str) -> Failure {
    Failure {
        message: message.to_owned(),
        detail: None,
        kind,
        provider: None,
        status_code: None,
        retryable: true,
    }
}
