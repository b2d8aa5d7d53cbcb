//! SQS's standard queues: delays, visibility, redelivery, fair groups, dead letters; durable.

mod api;
mod ledger;
mod message;
mod shelf;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Result;
use dynamo::Dynamo;
use tokio::{sync::Notify, time::timeout_at};
use uuid::Uuid;

use crate::{
    clock::{Clock, Millis, millis},
    host::random,
    template::{QueueSpec, Redrive},
};
use ledger::Ledger;
pub use message::{Letter, Message, Received};
pub use shelf::Shelf;

/// Messages that one queue holds at most; SQS has no such bound, a machine has.
const CAPACITY: usize = 200_000;

/// All queues of a stack.
#[derive(Clone, Debug)]
pub(crate) struct Queues(Arc<BTreeMap<String, Arc<Queue>>>);

impl Queues {
    /// Opens the queues with what they held.
    pub(crate) async fn open(specs: Vec<QueueSpec>, dynamo: &Dynamo, clock: Clock) -> Result<Self> {
        let ledger = Ledger::open(dynamo).await?;
        let mut queues = BTreeMap::new();
        for spec in specs {
            let queue = Queue::open(spec, ledger.clone(), clock).await?;
            queues.insert(queue.spec.arn.clone(), Arc::new(queue));
        }
        Ok(Self(Arc::new(queues)))
    }

    pub(crate) fn by_arn(&self, arn: &str) -> Option<&Arc<Queue>> {
        self.0.get(arn)
    }

    fn by_url(&self, url: &str) -> Option<&Arc<Queue>> {
        self.0.values().find(|queue| queue.spec.url == url)
    }

    fn by_name(&self, name: &str) -> Option<&Arc<Queue>> {
        self.0.values().find(|queue| queue.spec.name == name)
    }

    /// Receives the next message of `queue`; one that was received too often goes to the dead letters.
    pub(crate) async fn next(&self, queue: &Arc<Queue>) -> Result<Received> {
        loop {
            let received = queue.next().await;
            match queue.spec.redrive.as_ref() {
                Some(redrive) if received.message.receive_count > redrive.max_receive_count => {
                    self.bury(queue, redrive, received).await?;
                }
                Some(_) | None => return Ok(received),
            }
        }
    }

    async fn bury(&self, queue: &Queue, redrive: &Redrive, received: Received) -> Result<()> {
        let id = received.message.id.clone();
        tracing::warn!(queue = queue.spec.name, id, "message goes to the dead letters");
        if let Some(dead) = self.by_arn(&redrive.dead_letter_arn) {
            dead.accept(received.message).await?;
        }
        queue.delete(&received.receipt).await.map(drop)
    }
}

/// One queue.
#[derive(Debug)]
pub(crate) struct Queue {
    spec: QueueSpec,
    clock: Clock,
    ledger: Ledger,
    shelf: Mutex<Shelf>,
    changed: Notify,
}

impl Queue {
    async fn open(spec: QueueSpec, ledger: Ledger, clock: Clock) -> Result<Self> {
        let mut shelf = Shelf::default();
        for message in ledger.read(&spec.name).await? {
            shelf.put(message);
        }
        Ok(Self { spec, clock, ledger, shelf: Mutex::new(shelf), changed: Notify::new() })
    }

    pub(crate) fn arn(&self) -> &str {
        &self.spec.arn
    }

    /// Keeps a letter, then answers its id.
    pub(crate) async fn send(&self, letter: Letter, delay: Option<Duration>) -> Result<String> {
        let now = self.clock.now_ms();
        let message = Message {
            id: Uuid::from_u128(random()).to_string(),
            letter,
            sent_ms: now,
            visible_ms: now + millis(delay.unwrap_or(self.spec.delay)),
            receive_count: 0,
            first_received_ms: None,
        };
        let id = message.id.clone();
        self.accept(message).await?;
        Ok(id)
    }

    /// A dead letter keeps its id, its time of sending and its count, as in SQS.
    async fn accept(&self, mut message: Message) -> Result<()> {
        if self.shelf().len() >= CAPACITY {
            anyhow::bail!("{} is full", self.spec.name);
        }
        if message.receive_count > 0 {
            message.visible_ms = self.clock.now_ms();
        }
        self.ledger.put(&self.spec.name, &message).await?;
        self.shelf().put(message);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits for a visible message and hides it for the queue's visibility timeout.
    async fn next(&self) -> Received {
        loop {
            let changed = self.changed.notified();
            if let Some(received) = self.take(self.spec.visibility).await {
                return received;
            }
            let next_at = self.shelf().next_at();
            match next_at {
                Some(at) => drop(timeout_at(self.clock.instant(at), changed).await),
                None => changed.await,
            }
        }
    }

    pub(crate) async fn take(&self, visibility: Duration) -> Option<Received> {
        let now = self.clock.now_ms();
        let received = self.shelf().take(now, now + millis(visibility), random())?;
        if received.message.receive_count > 1 {
            self.remember_count(&received.message).await;
        }
        Some(received)
    }

    /// What was counted outlives the process; that it is in somebody's hands does not, because they died.
    async fn remember_count(&self, message: &Message) {
        let stored = Message { visible_ms: self.clock.now_ms(), ..message.clone() };
        if let Err(error) = self.ledger.update(&self.spec.name, &stored).await {
            tracing::warn!(%error, "a receive count was not kept");
        }
    }

    /// Deletes what `receipt` holds; false if it holds nothing any more.
    pub(crate) async fn delete(&self, receipt: &str) -> Result<bool> {
        let removed = self.shelf().remove(receipt);
        match removed {
            Some(message) => self.ledger.delete(&self.spec.name, &message.id).await.map(|()| true),
            None => Ok(false),
        }
    }

    /// Hides a message in flight for `visibility` from now; false if it is not in flight.
    fn hide(&self, receipt: &str, visibility: Duration) -> bool {
        let hidden = self.shelf().hide(receipt, self.clock.now_ms() + millis(visibility));
        self.changed.notify_one();
        hidden
    }

    fn counts(&self) -> (usize, usize) {
        self.shelf().counts(self.clock.now_ms())
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn seconds(count: Millis) -> Duration {
    Duration::from_secs(count)
}
