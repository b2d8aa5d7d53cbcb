//! A working step's sign of life.

use std::time::Duration;

use chat::{
    limit::{HEARTBEAT_MS, LEASE_MS, WORKING_DUE_MS},
    port::{AskModel, HoldWake, Renewal},
    record::Lease,
    time::Timestamp,
};
use futures::future::join;

use super::{Step, StepPorts, seen, vitals::Vitals};

/// Why a step must stop, whatever its model does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The lease is somebody else's, or was taken away.
    Taken,
    /// It could not be renewed, and nobody may know that the step still works.
    Unrenewed,
    /// The host will end the process.
    OutOfTime,
}

/// How soon a renewal that failed is tried again.
const AGAIN: Duration = Duration::from_secs(2);

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Renews the lease, and with it the wake's invisibility, until there is a reason to stop. The same write
    /// says how far the turn is, and puts off when the chat is due.
    pub(super) async fn keep_lease(&self, taken: Lease, due_at: Option<Timestamp>, vitals: &Vitals) -> Stop {
        let (mut until, mut due_at) = (taken.until, due_at);
        let mut pause = Duration::from_millis(HEARTBEAT_MS);
        loop {
            let left = Duration::from_millis(self.ends_at.since_ms(self.now()));
            if left.is_zero() {
                return Stop::OutOfTime;
            }
            tokio::time::sleep(pause.min(left)).await;
            let now = self.now();
            let lease = Lease::from(self.id, now);
            let moved = due_at.is_none_or(|due| due < lease.until).then(|| now.plus_ms(WORKING_DUE_MS));
            let renewal = Renewal { lease, progress: vitals.progress(now), due_at: moved };
            let renewing = self.worker.ports.renew(self.wake.chat_id, renewal);
            let (renewed, held) = join(renewing, self.hold.hold(LEASE_MS)).await;
            pause = match (&renewed, &held) {
                (Ok(false), _) => return Stop::Taken,
                (Ok(true), Ok(())) => Duration::from_millis(HEARTBEAT_MS),
                (Ok(true), Err(error)) | (Err(error), _) => {
                    tracing::warn!(%error, "heartbeat failed");
                    AGAIN
                }
            };
            if renewed.is_ok() {
                (until, due_at) = (lease.until, moved.or(due_at));
            } else if self.now() >= until {
                seen::overtaken();
                return Stop::Unrenewed;
            }
        }
    }
}
