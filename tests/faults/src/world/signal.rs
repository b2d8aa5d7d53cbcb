//! A count that others wait for. Unlike tokio's channels for the purpose it wakes in a fixed order.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// Raised by one each time that something happens.
#[derive(Default)]
pub(crate) struct Signal {
    count: AtomicU64,
    raised: Notify,
}

impl Signal {
    pub(crate) fn raise(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.raised.notify_waiters();
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Waits until it is beyond what was seen.
    pub(crate) async fn beyond(&self, seen: u64) {
        loop {
            let raised = self.raised.notified();
            if self.count() > seen {
                return;
            }
            raised.await;
        }
    }
}
