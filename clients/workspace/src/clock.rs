//! The machine's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use chat::{port::Clock, time::Timestamp};
use uuid::Uuid;

/// The machine's clock and its randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the agent's one implementation of the port")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the agent's one implementation of the port")]
    fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}
