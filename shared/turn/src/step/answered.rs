//! An answer that came to its end: whether it is of use, and how it enters history.

use chat::{
    Draft,
    failure::Kind,
    id::{CallId, MessageId, WorkspaceId},
    limit::STEPS_PER_TURN,
    message::{NewMessage, Role, Usage},
    model::{ModelConfig, ModelError, StopReason},
    part::{StoredPart, ToolCall},
    record::{Chat, Lease},
    spend::Used,
    time::Timestamp,
    transition::{CommitStep, Describe, Fence, Next, Refusal, Transition},
};

use crate::{
    output::{Output, answer, calls},
    route::Routed,
};

/// Attempts at an answer that comes and is of no use: it may be the request's own doing, and each is paid for.
pub(super) const USELESS_ATTEMPTS: u32 = 4;

/// What the model said, worth keeping.
pub(super) struct Said {
    parts: Vec<StoredPart>,
    reason: StopReason,
    usage: Usage,
}

impl Said {
    /// Returns the calls in it.
    pub(super) fn calls(&self) -> impl Iterator<Item = ToolCall> {
        calls(&self.parts)
    }
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

/// What an answer's calls have come to by its commit, and what their commit brings along.
pub(super) struct Calls<'a> {
    pub(super) routed: &'a Routed,
    /// The workspace that the chat gets by one of them.
    pub(super) workspace_id: Option<WorkspaceId>,
    pub(super) lease: Lease,
    pub(super) now: Timestamp,
}

/// The answer enters history, and the turn ends, parks or goes on: one write. Where the step has calls to answer, it
/// keeps the lease.
pub(super) fn commit_answer(
    draft: Draft,
    fence: Fence,
    said: &Said,
    model: &ModelConfig,
    calls: &Calls<'_>,
) -> Result<Draft, Refusal> {
    let routed = calls.routed;
    // Parallel results are committed together: what is known already waits for the others.
    let waits = routed.is_here() || routed.is_away();
    let at_once = if waits { Vec::new() } else { routed.results() };
    let message = answer(said.parts.clone(), model.id, Some(said.usage));
    let messages = std::iter::once(message).chain(NewMessage::results(at_once));
    let message_id = draft.chat().map(|chat| chat.next_message_id).unwrap_or(MessageId(0));
    let draft = draft.apply(Transition::CommitStep(CommitStep {
        fence,
        messages: messages.collect(),
        opened: routed.open(),
        used: Some(Used { model_id: model.id, usage: said.usage }),
        context_limit: Some(model.context_limit),
        next: if routed.is_here() { Next::Same } else { Next::Wake },
    }))?;
    let fence = draft.fence(fence.worker);
    if said.reason == StopReason::Filtered {
        let failure = Useless::Withheld.error(model).failure();
        return draft.apply(Transition::FinishError { fence, failure });
    }
    if draft.chat().is_some_and(turn_is_over) {
        return draft.apply(Transition::FinishTurn { fence });
    }
    if routed.is_here() {
        let history_version = fence.history_version;
        return draft.apply(Transition::RecordAttempt { lease: calls.lease, history_version });
    }
    if waits { park(draft, fence, message_id, calls) } else { Ok(draft) }
}

/// What the step's own calls came to enters history with all the others, or waits for them: one write.
pub(super) fn commit_results(
    draft: Draft,
    fence: Fence,
    message_id: MessageId,
    calls: &Calls<'_>,
) -> Result<Draft, Refusal> {
    if calls.routed.is_away() {
        return park(draft, fence, message_id, calls);
    }
    let draft = draft.apply(Transition::CommitStep(CommitStep {
        fence,
        messages: NewMessage::results(calls.routed.results()),
        opened: Vec::new(),
        used: None,
        context_limit: None,
        next: Next::Wake,
    }))?;
    let fence = draft.fence(fence.worker);
    if draft.chat().is_some_and(turn_is_over) {
        return draft.apply(Transition::FinishTurn { fence });
    }
    Ok(draft)
}

fn park(mut draft: Draft, fence: Fence, message_id: MessageId, calls: &Calls<'_>) -> Result<Draft, Refusal> {
    if calls.workspace_id.is_some() {
        let bound = Describe { workspace_id: Some(calls.workspace_id), ..Describe::default() };
        draft = draft.apply(Transition::Describe(bound))?;
    }
    let calls = calls.routed.entries(message_id, calls.now);
    draft.apply(Transition::Park { fence, calls })
}

fn turn_is_over(chat: &Chat) -> bool {
    chat.steps >= STEPS_PER_TURN || chat.is_answered() || chat.turn_ends
}
