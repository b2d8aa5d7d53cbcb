//! Invocations: who calls, and where it dies.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use edge::{FunctionError, Invocation};
use serde_json::Value;
use tokio::{task::futures::TaskLocalFuture, time::timeout};

use super::{World, lock};
use crate::{fault::Kind, plan::OnceIn};

tokio::task_local! {
    static CALLER: Caller;
}

/// The invocation that runs in a task.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) function: &'static str,
    /// The chat that it works on, where that is known.
    pub(crate) chat: Option<String>,
    /// Nothing happens to it: it looks for the runner.
    pub(crate) immune: bool,
    /// Whether it keeps its wake from being delivered to others.
    pub(crate) holds: Arc<AtomicBool>,
    /// What befalls its next requests of one kind, and how many of them.
    pub(crate) lingers: Arc<Mutex<Option<(Kind, String, u32)>>>,
}

impl Caller {
    pub(crate) fn of(function: &'static str) -> Self {
        Self { function, chat: None, immune: false, holds: Arc::default(), lingers: Arc::default() }
    }

    /// Returns who calls; nobody outside invocations.
    pub(super) fn current() -> Option<Self> {
        CALLER.try_with(Self::clone).ok()
    }

    fn killed(&self) -> Kind {
        if self.function == "Step" { Kind::Kill } else { Kind::KillRequest }
    }

    /// Until its wake is held, a dead step is missed by nobody but the sweep.
    fn named(&self, kind: Kind) -> &'static str {
        let holds = self.holds.load(Ordering::Relaxed);
        if kind == Kind::Kill && !holds { "kill (wake not held yet)" } else { kind.name() }
    }
}

/// How an invocation ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Answered(Value),
    Failed(FunctionError),
    /// Without a word: its process died, or its time was up.
    Died,
}

impl World {
    /// Invokes a function.
    pub(crate) async fn invoke(self: &Arc<Self>, caller: Caller, event: Value) -> Ended {
        let Some(function) = self.pick(caller.function) else { return Ended::Died };
        let limit = self.ground.template.functions.get(caller.function);
        let limit = limit.map_or(Duration::from_secs(29), |spec| spec.timeout);
        let deadline_ms = self.now().0 + u64::try_from(limit.as_millis()).unwrap_or_default();
        let invocation = Invocation::new("request", deadline_ms);
        let restarts = self.restarts.count();
        self.note(|| format!("{} begins", caller.function));
        let running = CALLER.scope(caller.clone(), async move { function.call(event, invocation).await });
        let mortal = Mortal { world: self, caller: caller.clone(), running: Some(Box::pin(running)) };
        let ended = tokio::select! {
            biased;
            () = self.restarts.beyond(restarts) => Ended::Died,
            ended = timeout(limit, mortal) => match ended {
                Ok(Some(Ok(answer))) => Ended::Answered(answer),
                Ok(Some(Err(error))) => Ended::Failed(error),
                Ok(None) | Err(_) => Ended::Died,
            },
        };
        self.note(|| format!("{} ends: {}", caller.function, ended.shortly()));
        if let Ended::Failed(error) = &ended
            && error.error_type == "Panic"
        {
            self.violated(format!("{} panicked: {}", caller.function, error.message));
        }
        ended
    }

    /// Returns whether an invocation dies at this await point.
    fn dies_here(self: &Arc<Self>, caller: &Caller) -> bool {
        if caller.immune {
            return false;
        }
        let Some(struck) = self.strikes(&[caller.killed(), Kind::Restart], OnceIn(150)) else { return false };
        self.disturb(caller.named(struck));
        if struck == Kind::Restart {
            self.restart();
        }
        struck != Kind::Restart
    }

    /// Notes that something went wrong for all chats that are being worked on.
    pub(crate) fn disturb(&self, fault: &'static str) {
        let now = self.now();
        for chat in self.chats() {
            if self.works(&chat) {
                lock(&self.journal).disturbed(&chat, now, fault);
            }
        }
    }

    /// Notes that work on a chat goes on.
    pub(super) fn goes_on(&self, chat: &str) {
        let now = self.now();
        lock(&self.journal).goes_on(chat, now);
    }
}

impl Ended {
    fn shortly(&self) -> String {
        match self {
            Self::Answered(value) => value["statusCode"].to_string(),
            Self::Failed(error) => error.to_string(),
            Self::Died => "it died".to_owned(),
        }
    }
}

type Running<F> = Pin<Box<TaskLocalFuture<Caller, F>>>;

/// An invocation that may die wherever it waits.
struct Mortal<'a, F> {
    world: &'a Arc<World>,
    caller: Caller,
    running: Option<Running<F>>,
}

impl<F: Future> Future for Mortal<'_, F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(running) = &mut self.running else { return Poll::Ready(None) };
        if let Poll::Ready(ended) = running.as_mut().poll(context) {
            return Poll::Ready(Some(ended));
        }
        if self.world.dies_here(&self.caller) {
            self.running = None;
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}
