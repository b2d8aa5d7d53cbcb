//! What becomes of a model's answer: history, a retry, an error, or what was written before a stop.

use std::sync::Arc;

use chat::{
    Draft,
    call::{Answerer, Call, OpenCall},
    event::Event,
    failure::{Kind, Retry, backoff_ms},
    id::CallId,
    limit::{ATTEMPTS, CLIENT_CALL_MS, STEPS_PER_TURN},
    message::{Message, NewMessage, Role, Usage},
    model::{ModelConfig, ModelError, StopReason},
    part::{Outcome, StoredPart, ToolResult},
    port::{AskModel, HoldWake, Unavailable},
    record::{Chat, Spec},
    time::Timestamp,
    transition::{CommitStep, Fence, Next, Refusal, Transition},
};

use super::{Step, StepPorts, seen};
use crate::{
    announce::announce_in_order,
    output::{Output, Sorted, answer, calls, sort},
    settle::{Settled, settle},
    stopped::interrupted,
};

/// How a model call ended.
#[derive(Debug)]
pub(super) enum End {
    /// The model said all that it wanted.
    Finished { reason: StopReason, usage: Usage },
    /// The call failed.
    Failed(ModelError),
    /// The host is about to end the step; what came so far is kept.
    OutOfTime,
    /// Somebody asked the step to stop.
    Interrupted,
    /// The step no longer owns what it works on.
    Overtaken,
}

/// A model call that has ended, with what it left.
pub(super) struct Ended<'a> {
    pub(super) end: End,
    pub(super) output: Output,
    /// Events of this step that nobody was told yet.
    pub(super) untold: Vec<Event>,
    pub(super) fence: Fence,
    /// What the turn has cost by now.
    pub(super) cost_micros: u64,
    pub(super) model: &'a ModelConfig,
    pub(super) spec: &'a Spec,
    pub(super) answers: Answers,
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
    pub(super) async fn conclude(&self, ended: Ended<'_>) -> Result<(), Unavailable> {
        let Ended { end, output, untold, fence, cost_micros, model, spec, answers } = ended;
        seen::answered();
        let stopped = output.clone();
        let (end, output) = match end {
            End::OutOfTime => in_time(output, model),
            end @ (End::Finished { .. } | End::Failed(_) | End::Interrupted | End::Overtaken) => {
                (end, output)
            }
        };
        let settled = match end {
            End::Overtaken => Settled::Overtaken,
            End::Interrupted | End::OutOfTime => Settled::Interrupted,
            End::Finished { reason: StopReason::End, usage }
                if output.is_empty() && answers == Answers::Tools =>
            {
                self.settle(cost_micros, |draft| commit_silence(draft, fence, usage, model)).await?
            }
            End::Finished { reason, usage } => match said(reason, usage, output) {
                Ok(said) => {
                    let now = self.now();
                    self.settle(cost_micros, |draft| commit_answer(draft, fence, &said, model, spec, now))
                        .await?
                }
                Err(useless) => {
                    let error = useless.error(model, fence.generation_attempt);
                    self.settle_failure(fence, cost_micros, &error).await?
                }
            },
            End::Failed(error) => self.settle_failure(fence, cost_micros, &error).await?,
        };
        let settled = match settled {
            Settled::Interrupted => {
                let parts = stopped.stopped();
                self.settle(cost_micros, |draft| interrupted(draft, fence, parts.clone(), model.id)).await?
            }
            settled @ (Settled::Done(_) | Settled::Overtaken) => settled,
        };
        match settled {
            Settled::Done(change) => announce_in_order(&self.worker.ports, &change, untold).await,
            Settled::Interrupted | Settled::Overtaken => {
                seen::overtaken();
                Ok(())
            }
        }
    }

    /// Commits what `decide` drafts, and what the turn has cost with it.
    async fn settle(
        &self,
        cost_micros: u64,
        decide: impl Fn(Draft) -> Result<Draft, Refusal> + Send + Sync,
    ) -> Result<Settled, Unavailable> {
        settle(&self.worker.ports, self.wake.chat_id, |draft| decide(draft.costing(cost_micros))).await
    }

    async fn settle_failure(
        &self,
        fence: Fence,
        cost_micros: u64,
        error: &ModelError,
    ) -> Result<Settled, Unavailable> {
        let now = self.now();
        self.settle(cost_micros, |draft| {
            draft.apply(if error.retryable && fence.generation_attempt < ATTEMPTS {
                Transition::RecordRetry { fence, retry: retry(error, fence.generation_attempt, now) }
            } else {
                Transition::FinishError { fence, failure: error.failure() }
            })
        })
        .await
    }
}

/// Attempts at an answer that comes and is of no use: it may be the request's own doing, and each is paid for.
const USELESS_ATTEMPTS: u32 = 4;

/// Turns an answer that the step has no more time for into one that ended where it was.
fn in_time(output: Output, model: &ModelConfig) -> (End, Output) {
    let output = output.closed();
    if output.is_empty() {
        return (End::Failed(model_error(model, Kind::Timeout, "the answer took too long".into())), output);
    }
    (End::Finished { reason: StopReason::Length, usage: Usage::default() }, output)
}

/// The model had nothing to add to what tools answered: the turn is over.
fn commit_silence(draft: Draft, fence: Fence, usage: Usage, model: &ModelConfig) -> Result<Draft, Refusal> {
    let draft = draft.apply(Transition::CommitStep(CommitStep {
        fence,
        messages: Vec::new(),
        opened: Vec::new(),
        usage: Some(usage),
        context_limit: Some(model.context_limit),
        next: Next::Wake,
    }))?;
    // Steering messages have joined: they want an answer.
    if draft.messages().iter().any(|message| message.role == Role::User) {
        return Ok(draft);
    }
    let fence = draft.fence(fence.worker);
    draft.apply(Transition::FinishTurn { fence })
}

/// What the model said, worth keeping.
struct Said {
    parts: Vec<StoredPart>,
    reason: StopReason,
    usage: Usage,
}

/// An answer that is of no use.
enum Useless {
    DoubledCall(CallId),
    Withheld,
    TooLong,
    Empty,
}

impl Useless {
    fn error(self, model: &ModelConfig, attempt: u32) -> ModelError {
        let (kind, message, may_differ) = match self {
            Self::DoubledCall(id) => (Kind::Generic, format!("the model named two calls {id}"), true),
            Self::Withheld => (Kind::ContentFilter, "the answer was withheld".into(), false),
            // Asked again, it would begin the same and not fit either.
            Self::TooLong => {
                (Kind::Generic, "the answer did not fit into the model's output limit".into(), false)
            }
            Self::Empty => (Kind::Generic, "the model answered nothing".into(), true),
        };
        let retryable = may_differ && attempt < USELESS_ATTEMPTS;
        ModelError { retryable, ..model_error(model, kind, message) }
    }
}

fn said(reason: StopReason, usage: Usage, output: Output) -> Result<Said, Useless> {
    if let Some(id) = output.doubled_call() {
        return Err(Useless::DoubledCall(id));
    }
    match (output.is_empty(), reason) {
        (false, _) => Ok(Said { parts: output.finished(), reason, usage }),
        (true, StopReason::Filtered) => Err(Useless::Withheld),
        (true, StopReason::Length) => Err(Useless::TooLong),
        (true, StopReason::End | StopReason::ToolCalls) => Err(Useless::Empty),
    }
}

fn model_error(model: &ModelConfig, kind: Kind, message: String) -> ModelError {
    let provider = model.provider.clone();
    ModelError { provider, status: None, code: None, message, retry_after_ms: None, kind, retryable: true }
}

fn retry(error: &ModelError, attempt: u32, now: Timestamp) -> Retry {
    let delay_ms = backoff_ms(attempt, error.retry_after_ms);
    Retry {
        attempt,
        delay_ms,
        error: error.sentence(),
        kind: error.kind,
        provider: Some(error.provider.clone()),
        status_code: error.status,
        retrying_at: now.plus_ms(delay_ms),
    }
}

/// The answer enters history, and the turn ends, parks or goes on: one write.
fn commit_answer(
    draft: Draft,
    fence: Fence,
    said: &Said,
    model: &ModelConfig,
    spec: &Spec,
    now: Timestamp,
) -> Result<Draft, Refusal> {
    let Sorted { open, client, results } = sort(calls(&said.parts), spec);
    // Parallel results are committed together: what is known already waits for the clients' answers.
    let at_once = if client.is_empty() { results.clone() } else { Vec::new() };
    let message = answer(said.parts.clone(), model.id, Some(said.usage));
    let messages = std::iter::once(message).chain(NewMessage::results(at_once));
    let message_id = draft.chat().map(|chat| chat.next_message_id).unwrap_or(chat::id::MessageId(0));
    let draft = draft.apply(Transition::CommitStep(CommitStep {
        fence,
        messages: messages.collect(),
        opened: open,
        usage: Some(said.usage),
        context_limit: Some(model.context_limit),
        next: Next::Wake,
    }))?;
    let fence = draft.fence(fence.worker);
    if said.reason == StopReason::Filtered {
        let failure = Useless::Withheld.error(model, fence.generation_attempt).failure();
        return draft.apply(Transition::FinishError { fence, failure });
    }
    if draft.chat().is_some_and(turn_is_over) {
        return draft.apply(Transition::FinishTurn { fence });
    }
    if client.is_empty() {
        return Ok(draft);
    }
    let deadline_at = now.plus_ms(CLIENT_CALL_MS);
    let pending = client.into_iter().map(|call| Call {
        call,
        answerer: Answerer::Client,
        deadline_at,
        message_id,
        result: None,
    });
    let known = calls(&said.parts).filter_map(|call| {
        let result = results.iter().find(|result| result.tool_call_id == call.tool_call_id)?.clone();
        Some(Call { call, answerer: Answerer::Step, deadline_at, message_id, result: Some(result) })
    });
    draft.apply(Transition::Park { fence, calls: pending.chain(known).collect() })
}

fn turn_is_over(chat: &Chat) -> bool {
    chat.steps >= STEPS_PER_TURN || chat.is_answered()
}

/// The result of a call whose step died.
pub(super) fn lost_call(call: OpenCall) -> ToolResult {
    let reason = "the step that ran this call died; whether it had its effect is not known";
    let result = ToolResult::synthetic(call.id, call.tool_name, reason);
    ToolResult { outcome: Some(Outcome::Unknown), ..result }
}
