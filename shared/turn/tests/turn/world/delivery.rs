//! The queue's event source: delivers wakes to steps beside each other, again when one failed or died; and
//! the sweep.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use chat::{
    account::{Account, Book, keep},
    id::UserId,
    limit::SWEEP_MS,
    port::{Clock, HoldWake, ListDue, Unavailable},
    time::Timestamp,
    wake::{Due, Reason, Wake},
};
use kit::{
    memory::DUE_SHARDS,
    replies::Replies,
    wakes::{Sent, Wakes},
};
use tokio::{
    sync::Notify,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use turn::Worker;

use super::{WorldPorts, trouble::mortal};

/// How long a message stays invisible that nobody holds: the queues' own timeout.
const VISIBILITY_MS: u64 = 900_000;
/// How long a host lets a step run.
const HOST_MS: u64 = 900_000;
/// What a step sets aside of that to commit.
const RESERVE_MS: u64 = 15_000;

pub(crate) type WorldWorker = Worker<WorldPorts, Replies>;

pub(crate) struct Queue {
    shared: Arc<Shared>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared {
    worker: WorldWorker,
    working: AtomicUsize,
    delivered: AtomicUsize,
    stopped: AtomicBool,
    copies: AtomicUsize,
    host_ms: Mutex<u64>,
    poked: Notify,
    books: Mutex<Vec<Book>>,
}

impl Queue {
    pub(crate) fn start(worker: WorldWorker) -> Self {
        let shared = Arc::new(Shared {
            worker,
            working: AtomicUsize::new(0),
            delivered: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            copies: AtomicUsize::new(1),
            host_ms: Mutex::new(HOST_MS),
            poked: Notify::new(),
            books: Mutex::default(),
        });
        let tasks = vec![tokio::spawn(pump(Arc::clone(&shared))), tokio::spawn(sweep(Arc::clone(&shared)))];
        Self { shared, tasks: Mutex::new(tasks) }
    }

    /// Notes that a wake was sent from elsewhere than a step.
    pub(crate) fn poke(&self) {
        self.shared.poked.notify_one();
    }

    /// Returns whether no step works.
    pub(crate) fn is_idle(&self) -> bool {
        self.shared.working.load(Ordering::SeqCst) == 0
    }

    /// Returns how many steps were begun.
    pub(crate) fn delivered(&self) -> usize {
        self.shared.delivered.load(Ordering::SeqCst)
    }

    /// Returns the accounts of the steps that have ended.
    pub(crate) fn books(&self) -> Vec<Book> {
        self.shared.books.lock().unwrap().clone()
    }

    /// Lets every wake arrive so many times at once; 0: only the sweep wakes.
    pub(crate) fn copies(&self, copies: usize) {
        self.shared.copies.store(copies, Ordering::SeqCst);
    }

    /// Limits how long a host lets a step run.
    pub(crate) fn host_ms(&self, host_ms: u64) {
        *self.shared.host_ms.lock().unwrap() = host_ms;
    }

    pub(crate) fn stop(&self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        self.tasks.lock().unwrap().drain(..).for_each(|task| task.abort());
    }
}

async fn pump(shared: Arc<Shared>) {
    let wakes = shared.worker.ports.wakes.clone();
    loop {
        while let Some(sent) = wakes.take() {
            let by_sweep = sent.due.reason == Reason::Sweep;
            let copies = shared.copies.load(Ordering::SeqCst).max(usize::from(by_sweep));
            for _ in 0..copies {
                shared.working.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(deliver(Arc::clone(&shared), sent));
            }
        }
        let now = shared.worker.ports.now();
        let wait_ms = match (shared.working.load(Ordering::SeqCst), wakes.next_at()) {
            (0, Some(at)) => at.since_ms(now).max(1),
            (0, None) => 60_000,
            (_, _) => 10,
        };
        tokio::select! {
            () = sleep(Duration::from_millis(wait_ms)) => {}
            () = shared.poked.notified() => {}
        }
    }
}

async fn deliver(shared: Arc<Shared>, sent: Sent) {
    shared.delivered.fetch_add(1, Ordering::SeqCst);
    let ports = &shared.worker.ports;
    let host_ms = *shared.host_ms.lock().unwrap();
    let hold = Hold { ports, until: Mutex::new(ports.now().plus_ms(VISIBILITY_MS)) };
    let ends_at = ports.now().plus_ms(host_ms.saturating_sub(RESERVE_MS));
    let wake = Wake::new(sent.chat_id, sent.due.reason);
    let began = Instant::now();
    let account = Account::open(move || began.elapsed());
    let step = keep(account.clone(), mortal(turn::run(&shared.worker, &hold, wake, ends_at)));
    let ended = timeout(Duration::from_millis(host_ms), step).await;
    if !shared.stopped.load(Ordering::SeqCst) && !matches!(ended, Ok(Some(Ok(())))) {
        let visible_at = *hold.until.lock().unwrap();
        ports.wakes.give_back(sent, visible_at.since_ms(ports.now()));
    }
    shared.books.lock().unwrap().push(account.book());
    shared.working.fetch_sub(1, Ordering::SeqCst);
    shared.poked.notify_one();
}

/// Again and again, finds what was forgotten.
async fn sweep(shared: Arc<Shared>) {
    let ports = &shared.worker.ports;
    loop {
        sleep(Duration::from_millis(SWEEP_MS)).await;
        for shard in 0..DUE_SHARDS {
            for (chat_id, _) in ports.chats.due(shard, Timestamp(0)..=ports.now(), 100).await.unwrap() {
                let due = Due { reason: Reason::Sweep, delay_ms: 0, group: UserId(chat_id.0) };
                ports.wakes.give_back(Sent { chat_id, due, at: ports.now() }, 0);
                shared.poked.notify_one();
            }
        }
    }
}

/// The message of a wake, and until when it is invisible.
struct Hold<'a> {
    ports: &'a WorldPorts,
    until: Mutex<Timestamp>,
}

impl HoldWake for Hold<'_> {
    async fn hold(&self, for_ms: u64) -> Result<(), Unavailable> {
        let wakes: &Wakes = &self.ports.wakes;
        let _noted = Noted { hold: self, before: wakes.holds().len(), for_ms };
        wakes.hold(for_ms).await
    }
}

/// Takes note of what a hold did, also when it never returns.
struct Noted<'a, 'b> {
    hold: &'a Hold<'b>,
    before: usize,
    for_ms: u64,
}

impl Drop for Noted<'_, '_> {
    fn drop(&mut self) {
        if self.hold.ports.wakes.holds().len() > self.before {
            *self.hold.until.lock().unwrap() = self.hold.ports.now().plus_ms(self.for_ms);
        }
    }
}
