//! Wakes that a step sends because it came too early.

use chat::{
    port::{AskModel, HoldWake, Unavailable},
    record::Snapshot,
    time::Timestamp,
    wake::{Due, Reason},
};

use super::{Flow, Step, StepPorts};

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Another step works: look again when its lease ends. The sweep comes back by itself.
    pub(super) async fn look_again(&self, until: Timestamp) -> Result<Flow, Unavailable> {
        if self.wake.reason != Reason::Sweep {
            let delay_ms = until.since_ms(self.now()) + 1_000;
            self.wake_again(Reason::Lease, delay_ms).await?;
        }
        Ok(Flow::Break(()))
    }

    /// A timed wake that came early, because queues delay by so much at most, is sent again.
    pub(super) async fn put_off(&self, snapshot: &Snapshot, delay_ms: u64) -> Result<Flow, Unavailable> {
        let timed = match self.wake.reason {
            Reason::Retry => snapshot.chat.retry.is_some(),
            Reason::Deadline => snapshot.chat.is_parked(),
            Reason::Message
            | Reason::Step
            | Reason::Answer
            | Reason::Lease
            | Reason::Sweep
            | Reason::Erase => false,
        };
        if timed {
            self.wake_again(self.wake.reason, delay_ms).await?;
        }
        Ok(Flow::Break(()))
    }

    async fn wake_again(&self, reason: Reason, delay_ms: u64) -> Result<(), Unavailable> {
        let chat_id = self.wake.chat_id;
        let delay_ms = delay_ms.min(chat::limit::WAKE_DELAY_MS);
        // The group spreads owners; a wake of this kind may share one.
        let group = chat::id::UserId(chat_id.0);
        self.worker.ports.send(chat_id, Due { reason, delay_ms, group }).await
    }
}
