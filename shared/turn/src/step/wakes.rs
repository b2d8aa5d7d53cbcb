//! Wakes that a step sends because it came too early.

use chat::{
    account::{Phase, enter},
    port::{AskModel, HoldWake, Unavailable},
    record::Snapshot,
    time::Timestamp,
    wake::{Due, Reason},
};

use super::{Flow, Step, StepPorts};

/// How far clocks may differ.
const SKEW_MS: u64 = 2_000;

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Another step works: look again when its lease ends. The sweep comes back by itself.
    pub(super) async fn look_again(&self, until: Timestamp) -> Result<Flow, Unavailable> {
        if self.wake.reason != Reason::Sweep {
            let delay_ms = until.since_ms(self.now()) + 1_000;
            self.wake_again(Reason::Lease, delay_ms).await?;
        }
        Ok(Flow::Break(()))
    }

    /// A wait is not over: sees to it that a wake comes at its end.
    ///
    /// Such a wake was sent when the wait began, unless that failed: then it is the step's own that comes
    /// again, by another reason. A wake of an earlier wait is not sent on; there would be more and more.
    pub(super) async fn put_off(&self, snapshot: &Snapshot, delay_ms: u64) -> Result<Flow, Unavailable> {
        let timed = if snapshot.chat.is_parked() { Reason::Deadline } else { Reason::Retry };
        let send = match self.wake.reason {
            Reason::Message | Reason::Step | Reason::Answer | Reason::Lease => true,
            // Queues delay by so much at most, and a provider may ask for more.
            Reason::Retry => timed == Reason::Retry,
            Reason::Deadline => timed == Reason::Deadline && delay_ms <= SKEW_MS,
            Reason::Sweep | Reason::Erase | Reason::Title | Reason::Label => false,
        };
        if send {
            self.wake_again(timed, delay_ms).await?;
        }
        Ok(Flow::Break(()))
    }

    async fn wake_again(&self, reason: Reason, delay_ms: u64) -> Result<(), Unavailable> {
        enter(Phase::Announce);
        let chat_id = self.wake.chat_id;
        let delay_ms = delay_ms.min(chat::limit::WAKE_DELAY_MS);
        // The group spreads owners; a wake of this kind may share one.
        let group = chat::id::UserId(chat_id.0);
        self.worker.ports.send(chat_id, Due { reason, delay_ms, group }).await
    }
}
