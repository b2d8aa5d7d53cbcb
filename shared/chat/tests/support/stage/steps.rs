//! What steps do.

use chat::{
    Draft,
    call::Answerer,
    compaction::{Compaction, Source},
    id::{MessageId, WorkerId},
    limit::LEASE_MS,
    message::{NewMessage, Role},
    record::{Chat, Lease, Status},
    transition::{Attempt, CommitCompaction, CommitStep, Fence, Next, Refusal, Transition},
};

use super::{
    super::build::{answers, compaction, failure, open, pending, result, retry, worker},
    Outcome, Scene, Stage,
};

impl Scene {
    pub(crate) fn deliver(&mut self, index: usize, slot: usize) {
        self.wakes.remove(index);
        let held = self.chat().and_then(|chat| chat.lease).map(|lease| lease.worker);
        let taken =
            |id: &WorkerId| held == Some(*id) || self.steps.iter().flatten().any(|step| step.0 == *id);
        // An invocation's name is its own: the first that nobody goes by.
        let id = (1..).map(worker).find(|id| !taken(id)).unwrap_or(worker(0));
        self.steps[slot] = Some((id, Stage::Woken));
    }

    /// A wake whose step died is delivered again.
    pub(crate) fn crash(&mut self, slot: usize) {
        if let Some((_, stage)) = self.steps[slot].take() {
            let at = if matches!(stage, Stage::Working(_)) { self.now.plus_ms(LEASE_MS) } else { self.now };
            self.send(at);
        }
    }

    /// The step's next effect.
    pub(crate) fn work(&mut self, slot: usize, outcome: Outcome) {
        let Some((id, stage)) = self.steps[slot] else { return };
        let next = match stage {
            Stage::Woken => self.look(id),
            Stage::Working(fence) => self.conclude(fence, outcome),
            Stage::Sending(at) => {
                self.send(at);
                Some(Stage::Done)
            }
            Stage::Done => None,
        };
        self.steps[slot] = next.map(|stage| (id, stage));
    }

    /// Loads and decides, as a step does.
    fn look(&mut self, id: WorkerId) -> Option<Stage> {
        let chat = self.chat()?.clone();
        let fence = self.world.fence(id, self.now);
        if self.rests() {
            return Some(Stage::Done);
        }
        if chat.is_parked() {
            let late = chat.next_deadline().is_none_or(|deadline| deadline <= self.now);
            return if late { self.then(Transition::Expire) } else { Some(Stage::Done) };
        }
        if let Some(lease) = chat.leased_at(self.now) {
            return Some(Stage::Sending(lease.until.plus_ms(1_000)));
        }
        if chat.status == Status::Interrupting {
            return self.then(Transition::FinishInterruption { fence, partial: None, opened: vec![] });
        }
        if let Some(retry) = chat.retry.as_ref().filter(|retry| retry.retrying_at > self.now) {
            return Some(Stage::Sending(retry.retrying_at));
        }
        self.go_on(&chat, fence)
    }

    fn go_on(&mut self, chat: &Chat, fence: Fence) -> Option<Stage> {
        let steers = chat.queue.iter().any(|entry| entry.steers);
        if !chat.calls.is_empty() {
            let messages = chat.calls.iter().map(|call| NewMessage::result(result(&call.id))).collect();
            return self.then(commits(fence, messages, Next::Wake));
        }
        if chat.last_answer_id == chat.spans.last() && !steers && !chat.compaction_requested {
            return self.then(Transition::FinishTurn { fence });
        }
        let lease = Lease::from(fence.worker, self.now);
        let begun = self.write(|draft| {
            let draft = if steers { draft.apply(commits(fence, vec![], Next::Same))? } else { draft };
            let history_version = draft.fence(fence.worker).history_version;
            draft.apply(Transition::RecordAttempt { lease, history_version })
        });
        let fence = self.world.fence(fence.worker, self.now);
        Some(if begun.is_ok() { Stage::Working(fence) } else { Stage::Done })
    }

    fn then(&mut self, transition: Transition) -> Option<Stage> {
        let written = self.write(|draft| draft.apply(transition));
        Some(written.ok().flatten().map_or(Stage::Done, Stage::Sending))
    }

    /// What people said last and nobody has answered.
    fn unanswered(&self) -> Vec<NewMessage> {
        let history: Vec<_> = self.world.history().collect();
        let last = history.iter().rposition(|message| message.role != Role::User);
        let said = history.get(last.map_or(0, |last| last + 1)..).unwrap_or_default();
        said.iter().map(|message| NewMessage::of(message.role, message.content.clone())).collect()
    }

    /// The model call has ended: its output is written, unless the step was stopped or overtaken.
    fn conclude(&mut self, fence: Fence, outcome: Outcome) -> Option<Stage> {
        let now = self.now;
        let stopped = self.chat().is_some_and(|chat| chat.status == Status::Interrupting);
        let call = open(&format!("call-{}", self.chat()?.next_message_id), Answerer::Client);
        let requested = self.chat().is_some_and(|chat| chat.compaction_requested);
        let pending_words = self.unanswered();
        let written = self.write(|draft| {
            if stopped {
                // Half a summary is none.
                let partial = (!requested).then(|| answers("half", &[]));
                return draft.apply(Transition::FinishInterruption { fence, partial, opened: vec![] });
            }
            match outcome {
                Outcome::Text | Outcome::Call | Outcome::Summary if requested => {
                    summarise(draft, fence, Source::Manual, pending_words)
                }
                Outcome::Summary => summarise(draft, fence, Source::Automatic, pending_words),
                Outcome::Text => {
                    finish(draft.apply(commits(fence, vec![answers("a", &[])], Next::Wake))?, fence)
                }
                Outcome::Retryable => draft.apply(Transition::RecordRetry {
                    fence,
                    retry: retry(1, 4_000, now),
                    after: Attempt::Failed,
                }),
                Outcome::Fatal => draft.apply(Transition::FinishError { fence, failure: failure() }),
                Outcome::Call => {
                    let messages = vec![answers("a", std::slice::from_ref(&call))];
                    let opened = vec![call.clone()];
                    let next = Next::Wake;
                    let step = CommitStep { fence, messages, opened, used: None, context_limit: None, next };
                    let draft = draft.apply(Transition::CommitStep(step))?;
                    let fence = draft.fence(fence.worker);
                    let calls = vec![pending(&call, MessageId(1), now.plus_ms(300_000))];
                    draft.apply(Transition::Park { fence, calls })
                }
            }
        });
        Some(written.ok().flatten().map_or(Stage::Done, Stage::Sending))
    }
}

/// The model is given a summary, and goes on unless there is nothing to answer.
fn summarise(
    draft: Draft,
    fence: Fence,
    source: Source,
    unanswered: Vec<NewMessage>,
) -> Result<Draft, Refusal> {
    let call_id = draft.chat().map(Compaction::call_id).ok_or(Refusal::Missing)?;
    let compaction = Compaction { call_id, source, ..compaction(0) };
    let step = CommitCompaction { fence, compaction, pending: unanswered, context_tokens: 10 };
    let draft = draft.apply(Transition::CommitCompaction(step))?;
    let answered = draft.messages().last().is_none_or(|last| last.role == Role::Tool);
    let fence = draft.fence(fence.worker);
    let over = source == Source::Manual && answered;
    if over { draft.apply(Transition::FinishTurn { fence }) } else { Ok(draft) }
}

fn commits(fence: Fence, messages: Vec<NewMessage>, next: Next) -> Transition {
    let opened = Vec::new();
    Transition::CommitStep(CommitStep { fence, messages, opened, used: None, context_limit: None, next })
}

fn finish(draft: Draft, fence: Fence) -> Result<Draft, Refusal> {
    let over = draft.chat().is_some_and(|chat| chat.last_answer_id == chat.spans.last());
    let fence = draft.fence(fence.worker);
    if over { draft.apply(Transition::FinishTurn { fence }) } else { Ok(draft) }
}
