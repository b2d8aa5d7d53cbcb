//! Wakes that a step sends because it came too early.

use chat::{
    account::{Phase, enter},
    call::{Call, next_look},
    port::{AskModel, HoldWake, Unavailable},
    record::Snapshot,
    time::Timestamp,
    wake::{Due, Reason},
};

use super::{Flow, Step, StepPorts};

/// How far clocks may differ.
const SKEW_MS: u64 = 2_000;

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Another step works: look again when its lease ends.
    pub(super) async fn look_again(&self, until: Timestamp) -> Result<Flow, Unavailable> {
        // Not for one that looks after calls: whoever works sends his own.
        if self.wake.reason != Reason::Resend {
            let delay_ms = until.since_ms(self.now()) + 1_000;
            self.wake_again(Reason::Lease, delay_ms).await?;
        }
        Ok(Flow::Break(()))
    }

    /// A retry's wait is not over: sees to it that a wake comes at its end.
    ///
    /// Such a wake was sent when the wait began, unless that failed: then it is the step's own that comes
    /// again, by another reason. A wake of an earlier wait is not sent on; there would be more and more.
    pub(super) async fn put_off(&self, delay_ms: u64) -> Result<Flow, Unavailable> {
        let send = match self.wake.reason {
            // Queues delay by so much at most, and a provider may ask for more.
            Reason::Message | Reason::Step | Reason::Answer | Reason::Lease | Reason::Retry => true,
            Reason::Deadline
            | Reason::Resend
            | Reason::Report
            | Reason::Sweep
            | Reason::Erase
            | Reason::Title
            | Reason::Label => false,
        };
        if send {
            self.wake_again(Reason::Retry, delay_ms).await?;
        }
        Ok(Flow::Break(()))
    }

    /// A parked chat waits on: sees to it that a wake comes when it is to be looked at again. The same holds of wakes of
    /// earlier waits.
    pub(super) async fn wait_on(&self, snapshot: Snapshot) -> Result<Flow, Unavailable> {
        let look = next_look(&snapshot.chat, &snapshot.ledger, self.now());
        let may_be_lost = look.reason == Reason::Resend || snapshot.ledger.iter().any(Call::may_be_lost);
        let send = match self.wake.reason {
            // Whoever parked the chat may have died before he handed its calls out.
            Reason::Message
            | Reason::Step
            | Reason::Answer
            | Reason::Lease
            | Reason::Retry
            | Reason::Sweep
                if may_be_lost =>
            {
                return self.look_after(&snapshot).await;
            }
            Reason::Resend | Reason::Deadline if may_be_lost => return self.resend(&snapshot).await,
            Reason::Message | Reason::Step | Reason::Answer | Reason::Lease | Reason::Resend => true,
            Reason::Deadline => look.delay_ms <= SKEW_MS,
            Reason::Retry
            | Reason::Report
            | Reason::Sweep
            | Reason::Erase
            | Reason::Title
            | Reason::Label => false,
        };
        if send {
            self.wake_again(look.reason, look.delay_ms).await?;
        }
        Ok(Flow::Break(()))
    }

    pub(super) async fn wake_again(&self, reason: Reason, delay_ms: u64) -> Result<(), Unavailable> {
        enter(Phase::Announce);
        let chat_id = self.wake.chat_id;
        let delay_ms = delay_ms.min(chat::limit::WAKE_DELAY_MS);
        // The group spreads owners; a wake of this kind may share one.
        let group = chat::id::UserId(chat_id.0);
        self.worker.ports.send(chat_id, Due { reason, delay_ms, group }).await
    }
}
