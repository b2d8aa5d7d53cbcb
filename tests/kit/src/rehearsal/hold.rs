//! A gate in a stream: a test lets chunks pass one by one.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use tokio::sync::{Semaphore, watch};

/// The stream's side of a [`Hold`].
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    permits: Arc<Semaphore>,
    sent: Arc<watch::Sender<usize>>,
    first: Arc<OnceLock<Instant>>,
}

/// The test's side of a held stream. Dropping it releases the stream.
#[derive(Debug)]
pub struct Hold {
    permits: Arc<Semaphore>,
    sent: watch::Receiver<usize>,
    first: Arc<OnceLock<Instant>>,
}

pub(crate) fn pair() -> (Gate, Hold) {
    let permits = Arc::new(Semaphore::new(0));
    let (sender, sent) = watch::channel(0);
    let first = Arc::default();
    let gate = Gate { permits: Arc::clone(&permits), sent: Arc::new(sender), first: Arc::clone(&first) };
    (gate, Hold { permits, sent, first })
}

impl Gate {
    /// Waits until one more chunk, or the end of the stream, may pass.
    pub(crate) async fn pass(&self) {
        if let Ok(permit) = self.permits.acquire().await {
            permit.forget();
        }
    }

    /// Tells the test that a chunk is on its way.
    pub(crate) fn passed(&self) {
        self.first.get_or_init(Instant::now);
        self.sent.send_modify(|sent| *sent += 1);
    }
}

impl Hold {
    /// Lets this many more chunks pass. The end of the stream counts as one.
    pub fn release(&self, chunks: usize) {
        self.permits.add_permits(chunks);
    }

    /// Lets everything pass that is left.
    pub fn release_all(&self) {
        self.permits.close();
    }

    /// Waits until this many chunks were sent in all; false if the stream ended before.
    pub async fn sent(&mut self, chunks: usize) -> bool {
        self.sent.wait_for(|sent| *sent >= chunks).await.is_ok()
    }

    /// Returns when the first chunk was on its way; none before.
    #[must_use]
    pub fn begun_at(&self) -> Option<Instant> {
        self.first.get().copied()
    }

    /// Waits until the stream is gone: played to its end, or left by its reader.
    pub async fn gone(&mut self) {
        while self.sent.changed().await.is_ok() {}
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.permits.close();
    }
}
