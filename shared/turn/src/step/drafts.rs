//! Changes that a step makes without a model.

use chat::{
    Draft,
    failure::Failure,
    message::NewMessage,
    port::{AskModel, HoldWake},
    record::Lease,
    transition::{CommitStep, Next, Refusal, Transition},
};

use super::{Step, StepPorts, conclude, keeping::Kept};
use crate::context::keep;

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// The chat keeps what its workspace says, steering messages join, and the model's turn begins: one write.
    pub(super) fn begin(&self, draft: Draft, lease: Lease, kept: Option<&Kept>) -> Result<Draft, Refusal> {
        let mut draft = match kept {
            Some(Kept { pinned, spec }) => keep(draft, pinned, spec)?,
            None => draft,
        };
        let steers = draft.chat().is_some_and(|chat| chat.queue.iter().any(|entry| entry.steers));
        if steers {
            let fence = draft.fence(self.id);
            draft = draft.apply(Transition::CommitStep(CommitStep {
                fence,
                messages: Vec::new(),
                opened: Vec::new(),
                used: None,
                context_limit: None,
                next: Next::Same,
            }))?;
        }
        let history_version = draft.fence(self.id).history_version;
        draft.apply(Transition::RecordAttempt { lease, history_version })
    }

    pub(super) fn finish_turn(&self, draft: Draft) -> Result<Draft, Refusal> {
        let fence = draft.fence(self.id);
        draft.apply(Transition::FinishTurn { fence })
    }

    pub(super) fn fail(&self, draft: Draft, failure: Failure) -> Result<Draft, Refusal> {
        let fence = draft.fence(self.id);
        draft.apply(Transition::FinishError { fence, failure })
    }

    /// Answers calls whose step died before it could hand them out; what ran of them is not known.
    pub(super) fn close_calls(&self, draft: Draft) -> Result<Draft, Refusal> {
        let fence = draft.fence(self.id);
        let calls = draft.chat().map(|chat| chat.calls.clone()).unwrap_or_default();
        let messages = NewMessage::results(calls.into_iter().map(conclude::lost_call).collect());
        draft.apply(Transition::CommitStep(CommitStep {
            fence,
            messages,
            opened: Vec::new(),
            used: None,
            context_limit: None,
            next: Next::Wake,
        }))
    }
}
