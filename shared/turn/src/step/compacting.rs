//! The model's turn, whether it answers or summarises.

use std::sync::Arc;

use chat::{
    Draft,
    compaction::{Compaction, Source},
    failure::Kind,
    id::CallId,
    message::{Message, NewMessage, Role, Usage},
    model::{ModelConfig, ModelError, StopReason},
    part::Delta,
    port::{AskModel, HoldWake, Unavailable},
    record::{Chat, Spec},
    transition::{CommitCompaction, Fence, Refusal, Transition},
};

use super::{Step, StepPorts, bill::Bill, conclude::End, stream::Stream};
use crate::{
    compaction::{self, Plan, Shape, Window, does_not_fit, is_compactable, plan, summariser, used_tokens},
    output::{Output, calls, text_of},
    prompt::{Asked, overhead_tokens, request},
    settle::Settled,
    size,
};

/// Summaries that come and are of no use; each is paid for.
const USELESS_SUMMARIES: u32 = 3;
/// Answers that outgrow the window after they began: seldom, and the next one may not.
const OVERFLOWS: u32 = 4;

/// What the model's turn is made of.
pub(super) struct Work<'a> {
    pub(super) chat: &'a Chat,
    /// From the newest boundary on.
    pub(super) history: &'a [Arc<Message>],
    pub(super) spec: &'a Spec,
    pub(super) asked: &'a Asked,
}

/// A summary being written.
pub(super) struct Compacting {
    call_id: CallId,
    source: Source,
    window: Window,
    context_tokens: u64,
    model: Arc<ModelConfig>,
    pending: Vec<NewMessage>,
    /// What the system prompt and the tools take.
    overhead_tokens: u64,
    /// Answers that were of no use before this one.
    useless_answers: u32,
}

impl Compacting {
    /// Returns the model that summarises.
    pub(super) fn model(&self) -> &ModelConfig {
        &self.model
    }

    /// Returns what people are shown meanwhile.
    pub(super) fn shown(&self) -> Delta {
        Delta::ToolCall {
            tool_call_id: self.call_id.clone(),
            tool_name: chat::compaction::SUMMARIZED.to_owned(),
            args_delta: Compaction::args(self.source, self.window.threshold_percent).to_string(),
        }
    }

    /// Returns the summary, where the answer is one: all of it, and nothing but text.
    pub(super) fn summary(&self, reason: StopReason, output: Output) -> Result<String, ModelError> {
        let parts = output.finished();
        let called = calls(&parts).next().is_some();
        let text = text_of(&parts);
        let (kind, message, may_differ) = match reason {
            StopReason::End if !text.is_empty() && !called => return Ok(text),
            StopReason::End | StopReason::ToolCalls => {
                (Kind::Generic, "the model wrote no summary of the conversation", true)
            }
            StopReason::Length => (
                Kind::Config,
                "the summary of the conversation did not fit into the model's output limit; raise the limit",
                false,
            ),
            StopReason::Filtered => {
                (Kind::ContentFilter, "the summary of the conversation was withheld", false)
            }
        };
        let retryable = may_differ && self.useless_answers + 1 < USELESS_SUMMARIES;
        Err(ModelError { retryable, useless: true, ..ModelError::ours(&self.model.provider, kind, message) })
    }
}

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Has the model do what is to be done. A prompt that does not fit becomes a summary, in the same attempt: a
    /// refused request has no effect, and a step that dies here begins the same again.
    pub(super) async fn work(&self, stream: &mut Stream<'_, P>, work: &Work<'_>) -> Result<End, Unavailable> {
        let summariser = summariser(work.asked);
        let window = Window::of(&work.asked.model, &summariser.model, &work.asked.offer.preferences);
        let used = used_tokens(work.history, &work.asked.model, self.overhead_tokens(work));
        match plan(work.chat, work.history, used, window) {
            Plan::Compact(source) => self.summarise(stream, work, (summariser, window), source).await,
            Plan::StillOver => Ok(End::Refused(does_not_fit(None))),
            Plan::Nothing if work.chat.is_answered() => Ok(End::Rested),
            Plan::Nothing | Plan::Answer => {
                let asked = request(work.chat, work.spec, work.asked, work.history, &*self.worker.tools);
                let end = self.ask(stream, asked).await?;
                match end.overflow() {
                    None => Ok(end),
                    // What people saw of this attempt goes with it: the next one, or none, is for another.
                    Some(words) if stream.has_shown() => {
                        let may_differ = work.chat.useless_answers + 1 < OVERFLOWS;
                        Ok(if may_differ { end.again() } else { End::Refused(does_not_fit(Some(words))) })
                    }
                    Some(_) if is_compactable(work.history) => {
                        self.summarise(stream, work, (summariser, window), Source::Automatic).await
                    }
                    Some(words) => Ok(End::Refused(does_not_fit(Some(words)))),
                }
            }
        }
    }

    /// Has the model summarise: as a turn like any other first, and where that does not fit, once more without tools.
    async fn summarise(
        &self,
        stream: &mut Stream<'_, P>,
        work: &Work<'_>,
        (summariser, window): (Asked, Window),
        source: Source,
    ) -> Result<End, Unavailable> {
        let (past, pending) = compaction::split(work.history);
        let overhead_tokens = self.overhead_tokens(work);
        stream.compacts(Compacting {
            call_id: Compaction::call_id(work.chat),
            source,
            window,
            context_tokens: used_tokens(work.history, &work.asked.model, overhead_tokens),
            model: Arc::clone(&summariser.model),
            pending,
            overhead_tokens,
            useless_answers: work.chat.useless_answers,
        });
        let turn = request(work.chat, work.spec, work.asked, past, &*self.worker.tools);
        let last = (work.chat.next_message_id, self.now());
        // Who has called tools instead is not given any the last time.
        if work.chat.useless_answers + 1 < USELESS_SUMMARIES {
            let whole = compaction::request(&turn, &summariser, Shape::Whole, last);
            let end = self.ask(stream, whole).await?;
            if end.overflow().is_none() {
                return Ok(end);
            }
            stream.begin_again();
        }
        let bare = compaction::request(&turn, &summariser, Shape::Bare, last);
        let end = self.ask(stream, bare).await?;
        Ok(end.overflow().map_or(end, |words| End::Refused(does_not_fit(Some(words)))))
    }

    fn overhead_tokens(&self, work: &Work<'_>) -> u64 {
        overhead_tokens(work.chat, work.spec, work.asked, &*self.worker.tools)
    }

    /// The summary takes the place of what it is of; the turn goes on, unless there is nothing to answer.
    pub(super) async fn commit_summary(
        &self,
        fence: Fence,
        bill: Bill,
        compacting: Compacting,
        summary: String,
        usage: Usage,
    ) -> Result<Settled, Unavailable> {
        let overhead_tokens = compacting.overhead_tokens;
        let Compacting { call_id, source, window, context_tokens, model, pending, .. } = compacting;
        let said: usize = pending.iter().flat_map(|message| &message.content).map(size::part_bytes).sum();
        let step = CommitCompaction {
            fence,
            context_tokens: size::text_tokens(summary.len() + said) + overhead_tokens,
            compaction: Compaction {
                call_id,
                source,
                threshold_percent: window.threshold_percent,
                context_tokens,
                context_limit: window.limit_tokens,
                model_id: model.id,
                usage: Some(usage),
                summary,
            },
            pending,
        };
        self.settle(bill, &|draft| committed(draft, step.clone())).await
    }
}

fn committed(draft: Draft, step: CommitCompaction) -> Result<Draft, Refusal> {
    let (worker, source) = (step.fence.worker, step.compaction.source);
    let draft = draft.apply(Transition::CommitCompaction(step))?;
    // Whatever follows the boundary was said by people: it was pending, or it steers.
    let is_answered = draft.messages().last().is_none_or(|last| last.role == Role::Tool);
    if source == Source::Automatic || !is_answered {
        return Ok(draft);
    }
    let fence = draft.fence(worker);
    draft.apply(Transition::FinishTurn { fence })
}
