//! The wake queue, which a test delivers from: in order or not, twice, or never.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chat::{
    agent::CallToken,
    id::{ChatId, ServerId, WorkspaceId},
    port::{CallServers, Clock, HoldWake, RefreshServers, SendMachines, SendPulls, SendWakes, Unavailable},
    time::Timestamp,
    wake::{Due, Errand, PullWake},
};

use crate::{clock::ManualClock, faults::Faults};

/// A wake that is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The chat.
    pub chat_id: ChatId,
    /// Why and for whom.
    pub due: Due,
    /// When it may arrive.
    pub at: Timestamp,
}

/// A queue of wakes. Clones share it.
#[derive(Clone)]
pub struct Wakes {
    queue: Arc<Mutex<Queue>>,
    clock: Arc<dyn Clock>,
    faults: Faults,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Sent>,
    sent: usize,
    holds: Vec<u64>,
    machines: Vec<WorkspaceId>,
    errands: Vec<Errand>,
    pulls: Vec<(PullWake, u64)>,
}

impl Default for Wakes {
    fn default() -> Self {
        Self::new(ManualClock::default().port(), Faults::default())
    }
}

impl Wakes {
    /// Makes an empty queue that counts delays by `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, faults: Faults) -> Self {
        Self { queue: Arc::default(), clock, faults }
    }

    /// Takes the wake that arrives next, if its time has come.
    #[must_use]
    pub fn take(&self) -> Option<Sent> {
        let now = self.clock.now();
        self.take_where(|sent| sent.at <= now)
    }

    /// Takes the wake that arrives next among those that `wanted` picks, whether or not its time has come.
    pub fn take_where(&self, wanted: impl Fn(&Sent) -> bool) -> Option<Sent> {
        let mut queue = self.lock();
        let picked = queue.waiting.iter().enumerate().filter(|(_, sent)| wanted(sent));
        let (index, _) = picked.min_by_key(|(index, sent)| (sent.at, *index))?;
        Some(queue.waiting.remove(index))
    }

    /// Puts a wake back, to arrive again after `delay_ms`: a delivery that failed, or a second one.
    pub fn give_back(&self, sent: Sent, delay_ms: u64) {
        let at = self.clock.now().plus_ms(delay_ms);
        self.lock().waiting.push(Sent { at, ..sent });
    }

    /// Returns the wakes on their way, in the order in which they were sent.
    #[must_use]
    pub fn waiting(&self) -> Vec<Sent> {
        self.lock().waiting.clone()
    }

    /// Returns when the next wake may arrive.
    #[must_use]
    pub fn next_at(&self) -> Option<Timestamp> {
        self.lock().waiting.iter().map(|sent| sent.at).min()
    }

    /// Loses every wake on its way.
    pub fn lose(&self) {
        self.lock().waiting.clear();
    }

    /// Returns how many wakes were sent so far.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.lock().sent
    }

    /// Returns by how much, each time, the wake that is being worked on was put off.
    #[must_use]
    pub fn holds(&self) -> Vec<u64> {
        self.lock().holds.clone()
    }

    /// Returns the workspaces that somebody was asked to look at, and forgets them.
    #[must_use]
    pub fn take_machines(&self) -> Vec<WorkspaceId> {
        std::mem::take(&mut self.lock().machines)
    }

    /// Returns what tool servers were to be asked, and forgets it.
    #[must_use]
    pub fn take_errands(&self) -> Vec<Errand> {
        std::mem::take(&mut self.lock().errands)
    }

    /// Returns the working trees that somebody was asked to look at, and after how long, and forgets them.
    #[must_use]
    pub fn take_pulls(&self) -> Vec<(PullWake, u64)> {
        std::mem::take(&mut self.lock().pulls)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SendWakes for Wakes {
    async fn send(&self, chat_id: ChatId, due: Due) -> Result<(), Unavailable> {
        let effect = || {
            let at = self.clock.now().plus_ms(due.delay_ms);
            let mut queue = self.lock();
            queue.sent += 1;
            queue.waiting.push(Sent { chat_id, due, at });
        };
        self.faults.around("send", effect).await
    }
}

impl HoldWake for Wakes {
    async fn hold(&self, for_ms: u64) -> Result<(), Unavailable> {
        self.faults.around("hold", || self.lock().holds.push(for_ms)).await
    }
}

impl SendMachines for Wakes {
    async fn provision(&self, id: WorkspaceId) -> Result<(), Unavailable> {
        self.faults.around("provision", || self.lock().machines.push(id)).await
    }
}

impl CallServers for Wakes {
    async fn call_server(&self, token: &CallToken) -> Result<(), Unavailable> {
        self.faults.around("call_server", || self.lock().errands.push(Errand::Call(token.clone()))).await
    }
}

impl RefreshServers for Wakes {
    async fn refresh_server(&self, id: ServerId) -> Result<(), Unavailable> {
        self.faults.around("refresh_server", || self.lock().errands.push(Errand::Refresh(id))).await
    }
}

impl SendPulls for Wakes {
    async fn look(&self, wake: &PullWake, delay_ms: u64) -> Result<(), Unavailable> {
        self.faults.around("look", || self.lock().pulls.push((*wake, delay_ms))).await
    }
}
