//! An answer that came to its end: whether it is of use, and how it enters history.

use chat::{
    Draft,
    call::{Answerer, Call},
    failure::Kind,
    id::{CallId, MessageId},
    limit::{CLIENT_CALL_MS, STEPS_PER_TURN},
    message::{NewMessage, Role, Usage},
    model::{ModelConfig, ModelError, StopReason},
    part::{StoredPart, ToolCall, ToolResult},
    record::{Chat, Spec},
    spend::Used,
    time::Timestamp,
    transition::{CommitStep, Fence, Next, Refusal, Transition},
};

use crate::output::{Output, Sorted, answer, calls, sort};

/// Attempts at an answer that comes and is of no use: it may be the request's own doing, and each is paid for.
pub(super) const USELESS_ATTEMPTS: u32 = 4;

/// What the model said, worth keeping.
pub(super) struct Said {
    parts: Vec<StoredPart>,
    reason: StopReason,
    usage: Usage,
}

/// An answer that is of no use.
pub(super) enum Useless {
    DoubledCall(CallId),
    Withheld,
    TooLong,
    Empty,
}

impl Useless {
    pub(super) fn error(self, model: &ModelConfig) -> ModelError {
        let (kind, message, may_differ) = match self {
            Self::DoubledCall(id) => (Kind::Generic, format!("the model named two calls {id}"), true),
            Self::Withheld => (Kind::ContentFilter, "the answer was withheld".into(), false),
            // Asked again, it would begin the same and not fit either.
            Self::TooLong => {
                (Kind::Generic, "the answer did not fit into the model's output limit".into(), false)
            }
            Self::Empty => (Kind::Generic, "the model answered nothing".into(), true),
        };
        ModelError {
            retryable: may_differ,
            useless: true,
            ..ModelError::ours(&model.provider, kind, message)
        }
    }
}

pub(super) fn said(reason: StopReason, usage: Usage, output: Output) -> Result<Said, Useless> {
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

/// The model had nothing to add to what tools answered: the turn is over.
pub(super) fn commit_silence(
    draft: Draft,
    fence: Fence,
    usage: Usage,
    model: &ModelConfig,
) -> Result<Draft, Refusal> {
    let draft = draft.apply(Transition::CommitStep(CommitStep {
        fence,
        messages: Vec::new(),
        opened: Vec::new(),
        used: Some(Used { model_id: model.id, usage }),
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

/// The answer enters history, and the turn ends, parks or goes on: one write.
pub(super) fn commit_answer(
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
    let message_id = draft.chat().map(|chat| chat.next_message_id).unwrap_or(MessageId(0));
    let draft = draft.apply(Transition::CommitStep(CommitStep {
        fence,
        messages: messages.collect(),
        opened: open,
        used: Some(Used { model_id: model.id, usage: said.usage }),
        context_limit: Some(model.context_limit),
        next: Next::Wake,
    }))?;
    let fence = draft.fence(fence.worker);
    if said.reason == StopReason::Filtered {
        let failure = Useless::Withheld.error(model).failure();
        return draft.apply(Transition::FinishError { fence, failure });
    }
    if draft.chat().is_some_and(turn_is_over) {
        return draft.apply(Transition::FinishTurn { fence });
    }
    if client.is_empty() {
        return Ok(draft);
    }
    let calls = parked(said, client, &results, (message_id, now));
    draft.apply(Transition::Park { fence, calls })
}

/// Returns the calls that wait for clients, and with them those whose results are known.
fn parked(
    said: &Said,
    client: Vec<ToolCall>,
    results: &[ToolResult],
    (message_id, now): (MessageId, Timestamp),
) -> Vec<Call> {
    let deadline_at = now.plus_ms(CLIENT_CALL_MS);
    let call =
        |answerer, call, result| Call { result, ..Call::waiting(call, answerer, message_id, deadline_at) };
    let pending = client.into_iter().map(|waiting| call(Answerer::Client, waiting, None));
    let known = calls(&said.parts).filter_map(|answered| {
        let result = results.iter().find(|result| result.tool_call_id == answered.tool_call_id)?;
        Some(call(Answerer::Step, answered, Some(result.clone())))
    });
    pending.chain(known).collect()
}

fn turn_is_over(chat: &Chat) -> bool {
    chat.steps >= STEPS_PER_TURN || chat.is_answered()
}
