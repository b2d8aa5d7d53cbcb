//! Time that tests make.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use chat::{port::Clock, time::Timestamp};
use uuid::Uuid;

/// Where clocks start unless told otherwise: 2026-01-01T00:00:00Z.
pub const EPOCH: Timestamp = Timestamp(1_767_225_600_000);

/// A clock that stands still, or that follows tokio's, which tests pause. Clones show the same time.
#[derive(Clone, Debug)]
pub struct ManualClock {
    inner: Arc<Inner>,
    skew_ms: i64,
}

#[derive(Debug)]
struct Inner {
    base_ms: AtomicU64,
    ids: AtomicU64,
    followed: Option<tokio::time::Instant>,
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::at(EPOCH)
    }
}

impl ManualClock {
    /// Makes a clock that stands still at `now`.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self::starting(now, None)
    }

    /// Makes a clock that starts at [`EPOCH`] and runs as tokio's does.
    #[must_use]
    pub fn following_tokio() -> Self {
        Self::starting(EPOCH, Some(tokio::time::Instant::now()))
    }

    fn starting(now: Timestamp, followed: Option<tokio::time::Instant>) -> Self {
        let inner = Inner { base_ms: AtomicU64::new(now.0), ids: AtomicU64::new(1), followed };
        Self { inner: Arc::new(inner), skew_ms: 0 }
    }

    /// Moves the time forward.
    pub fn advance_ms(&self, by_ms: u64) {
        self.inner.base_ms.fetch_add(by_ms, Ordering::SeqCst);
    }

    /// Moves the time forward to `at`; does nothing when that is past.
    pub fn advance_to(&self, at: Timestamp) {
        self.advance_ms(at.since_ms(self.now()));
    }

    /// Returns a clock that is fast by so much, or slow: another machine's. Names it gives are its fellow's.
    #[must_use]
    pub fn skewed_ms(&self, by_ms: i64) -> Self {
        Self { inner: Arc::clone(&self.inner), skew_ms: self.skew_ms + by_ms }
    }

    /// Returns itself as the port.
    #[must_use]
    pub fn port(&self) -> Arc<dyn Clock> {
        Arc::new(self.clone())
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let ran_ms = self.inner.followed.map_or(0, |start| start.elapsed().as_millis());
        let base = Timestamp(self.inner.base_ms.load(Ordering::SeqCst));
        let now = base.plus_ms(u64::try_from(ran_ms).unwrap_or(u64::MAX));
        Timestamp(now.0.saturating_add_signed(self.skew_ms))
    }

    fn new_id(&self) -> Uuid {
        let mut tail = [0; 10];
        tail[2..].copy_from_slice(&self.inner.ids.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(self.now().0, &tail).into_uuid()
    }
}
