//! What becomes of a model's answer: history, a retry, an error, or what was written before a stop.

use std::sync::Arc;

use chat::{
    Change, Draft,
    call::OpenCall,
    catalogue::Catalogue,
    event::Event,
    failure::{Failure, Kind},
    message::{Message, Role, Usage},
    model::{ModelConfig, ModelError, StopReason},
    part::{Outcome, ToolResult},
    port::{AskModel, HoldWake, Unavailable},
    record::{Chat, Lease, Spec},
    spend::Used,
    transition::{Attempt, Fence, Transition},
};

use super::{
    Step, StepPorts,
    again::{may_be_asked_again, retry},
    answered::{Calls, commit_answer, commit_silence, said},
    bill::{Bill, counting},
    compacting::Compacting,
    looking::Looked,
    seen,
};
use crate::{
    announce::announce_in_order,
    money::priced,
    output::Output,
    settle::{Decide, Settled, settle},
    stopped::interrupted,
};

/// How a model call ended.
#[derive(Debug)]
pub(super) enum End {
    /// The model said all that it wanted.
    Finished { reason: StopReason, usage: Usage },
    /// The call failed.
    Failed(ModelError),
    /// No call can succeed.
    Refused(Failure),
    /// There was nothing to call for.
    Rested,
    /// The host is about to end the step; what came so far is kept.
    OutOfTime,
    /// Somebody asked the step to stop.
    Interrupted,
    /// The step no longer owns what it works on.
    Overtaken,
}

impl End {
    /// Returns the provider's words, where the prompt was too long for it.
    pub(super) fn overflow(&self) -> Option<String> {
        let Self::Failed(error) = self else { return None };
        error.context_overflow.then(|| error.message.clone())
    }

    /// Returns the same as one that may succeed later, and counts as an answer that was of no use.
    pub(super) fn again(self) -> Self {
        match self {
            Self::Failed(error) => Self::Failed(ModelError { retryable: true, useless: true, ..error }),
            end @ (Self::Finished { .. }
            | Self::Refused(_)
            | Self::Rested
            | Self::OutOfTime
            | Self::Interrupted
            | Self::Overtaken) => end,
        }
    }
}

/// A model call that has ended, with what it left.
pub(super) struct Ended<'a> {
    pub(super) end: End,
    pub(super) output: Output,
    /// Events of this step that nobody was told yet.
    pub(super) untold: Vec<Event>,
    pub(super) fence: Fence,
    pub(super) bill: Bill,
    pub(super) model: &'a ModelConfig,
    /// The chat as it was when the call began.
    pub(super) chat: &'a Chat,
    pub(super) spec: &'a Spec,
    pub(super) answers: Answers,
    /// What the model summarised, if that is what it did.
    pub(super) compacting: Option<Compacting>,
    pub(super) catalogue: &'a Catalogue,
}

impl Ended<'_> {
    /// Returns what the call used, if it came so far that somebody is billed for it. What a call used that was stopped
    /// in mid-answer, only its provider knows.
    fn used(&self) -> Option<Used> {
        let model = self.compacting.as_ref().map_or(self.model, Compacting::model);
        let usage = match &self.end {
            End::Finished { usage, .. } => priced(*usage, model),
            End::Interrupted | End::OutOfTime if !self.output.clone().stopped().is_empty() => {
                Usage::default()
            }
            End::Failed(_)
            | End::Refused(_)
            | End::Rested
            | End::Interrupted
            | End::OutOfTime
            | End::Overtaken => return None,
        };
        Some(Used { model_id: model.id, usage })
    }
}

/// What the model was to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    /// A person: it must say something.
    Person,
    /// Tools: it may have nothing to add.
    Tools,
}

impl Answers {
    pub(super) fn to(last: Option<&Arc<Message>>) -> Self {
        if last.is_some_and(|message| message.role == Role::Tool) { Self::Tools } else { Self::Person }
    }
}

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    pub(super) async fn conclude(&self, mut ended: Ended<'_>) -> Result<(), Unavailable> {
        seen::answered();
        let untold = std::mem::take(&mut ended.untold);
        let (fence, bill, model_id) = (ended.fence, ended.bill, ended.model.id);
        let (settings, spec) = (&ended.catalogue.settings, ended.spec);
        // Half a summary is none.
        let stopped = if ended.compacting.is_some() { Output::default() } else { ended.output.clone() };
        let used = ended.used();
        let settled = match self.close(ended).await? {
            Settled::Interrupted => {
                let parts = stopped.stopped();
                let stop = |draft| interrupted(counting(draft, used), fence, parts.clone(), model_id);
                self.settle(bill, &stop).await?
            }
            settled @ (Settled::Done(_) | Settled::Overtaken) => settled,
        };
        match settled {
            Settled::Done(change) => {
                announce_in_order(&self.worker.ports, &change, untold).await?;
                self.have_labelled(&change, settings).await;
                Box::pin(self.follow_up(&change, spec)).await
            }
            Settled::Interrupted | Settled::Overtaken => {
                seen::overtaken();
                Ok(())
            }
        }
    }

    /// Sees to the calls of an answer that is committed.
    async fn follow_up(&self, change: &Change, spec: &Spec) -> Result<(), Unavailable> {
        let is_mine = change.chat.lease.is_some() && !change.chat.calls.is_empty();
        match change.messages.iter().rev().find(|message| message.role == Role::Assistant) {
            Some(message) if is_mine => {
                Box::pin(self.run_tools(change, message, spec, false)).await.map(drop)
            }
            Some(_) | None => Box::pin(self.dispatch(change)).await,
        }
    }

    /// Commits what a call came to, unless it was stopped.
    async fn close(&self, ended: Ended<'_>) -> Result<Settled, Unavailable> {
        let used = ended.used();
        let Ended { end, output, fence, bill, model, chat, spec, answers, compacting, catalogue, .. } = ended;
        let end = match end {
            End::Finished { reason, usage } => {
                let model = compacting.as_ref().map_or(model, Compacting::model);
                End::Finished { reason, usage: priced(usage, model) }
            }
            end @ (End::Failed(_)
            | End::Refused(_)
            | End::Rested
            | End::OutOfTime
            | End::Interrupted
            | End::Overtaken) => end,
        };
        let (end, output) = match end {
            End::OutOfTime if compacting.is_some() => (End::Failed(too_long(model)), output),
            End::OutOfTime => in_time(output, model),
            end @ (End::Finished { .. }
            | End::Failed(_)
            | End::Refused(_)
            | End::Rested
            | End::Interrupted
            | End::Overtaken) => (end, output),
        };
        let end = match (end, compacting) {
            (End::Finished { reason, usage }, Some(compacting)) => match compacting.summary(reason, output) {
                Ok(summary) => {
                    return self.commit_summary(fence, bill, compacting, summary, usage).await;
                }
                Err(error) => return self.settle_failure(fence, bill, &error, used).await,
            },
            (end, _) => end,
        };
        match end {
            End::Overtaken => Ok(Settled::Overtaken),
            End::Interrupted | End::OutOfTime => Ok(Settled::Interrupted),
            End::Failed(error) => self.settle_failure(fence, bill, &error, None).await,
            End::Refused(failure) => {
                let finish = || Transition::FinishError { fence, failure: failure.clone() };
                self.settle(bill, &|draft| draft.apply(finish())).await
            }
            End::Rested => self.settle(bill, &|draft| draft.apply(Transition::FinishTurn { fence })).await,
            End::Finished { reason: StopReason::End, usage }
                if output.is_empty() && answers == Answers::Tools =>
            {
                self.settle(bill, &|draft| commit_silence(draft, fence, usage, model)).await
            }
            End::Finished { reason, usage } => match said(reason, usage, output) {
                Ok(said) => {
                    let looked = self.routed(chat, &said, spec, catalogue).await?;
                    let (lease, now) = (Lease::from(self.id, self.now()), self.now());
                    let Looked { routed, workspace_id } = &looked;
                    let calls = Calls { routed, workspace_id: *workspace_id, lease, now };
                    self.settle(bill, &|draft| commit_answer(draft, fence, &said, model, &calls)).await
                }
                Err(useless) => {
                    let error = useless.error(model);
                    self.settle_failure(fence, bill, &error, used).await
                }
            },
        }
    }

    /// Commits what `decide` drafts, and what there is to say of money with it.
    pub(super) async fn settle(
        &self,
        Bill { cost_micros, ceiling }: Bill,
        decide: &Decide<'_>,
    ) -> Result<Settled, Unavailable> {
        let decide = |draft: Draft| decide(draft.costing(cost_micros).towards(ceiling));
        settle(&self.worker.ports, self.wake.chat_id, &decide).await
    }

    async fn settle_failure(
        &self,
        fence: Fence,
        bill: Bill,
        error: &ModelError,
        used: Option<Used>,
    ) -> Result<Settled, Unavailable> {
        let now = self.now();
        self.settle(bill, &|draft| {
            let again = draft.chat().is_some_and(|chat| may_be_asked_again(chat, error));
            counting(draft, used).apply(if again {
                let after = if error.useless { Attempt::Useless } else { Attempt::Failed };
                Transition::RecordRetry { fence, retry: retry(error, fence.generation_attempt, now), after }
            } else {
                Transition::FinishError { fence, failure: error.failure() }
            })
        })
        .await
    }
}

/// Turns an answer that the step has no more time for into one that ended where it was.
fn in_time(output: Output, model: &ModelConfig) -> (End, Output) {
    let output = output.closed();
    if output.is_empty() {
        return (End::Failed(too_long(model)), output);
    }
    (End::Finished { reason: StopReason::Length, usage: Usage::default() }, output)
}

fn too_long(model: &ModelConfig) -> ModelError {
    ModelError::ours(&model.provider, Kind::Timeout, "the answer took too long")
}

/// The result of a call whose step died.
pub(super) fn lost_call(call: OpenCall) -> ToolResult {
    let reason = "the step that ran this call died; whether it had its effect is not known";
    let result = ToolResult::synthetic(call.id, call.tool_name, reason);
    ToolResult { outcome: Some(Outcome::Unknown), ..result }
}
