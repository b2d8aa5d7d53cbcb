//! What steps do.

use crate::{
    call::{Call, Look, OpenCall, next_look},
    draft::Draft,
    event::Body,
    failure::{Failure, Retry},
    id::QueuedId,
    message::{NewMessage, Role},
    part::{StoredPart, ToolResult},
    record::{Activity, Lease, Progress, Status, Working},
    state::requires_action,
    tool::SPAWN_AGENT,
    transition::{Attempt, CommitStep, Fence, Next, Refusal},
    wake::Reason,
};

impl Draft {
    /// Refuses a step that lost its lease, or whose history or attempt is not the newest.
    pub(super) fn check(&mut self, fence: Fence) -> Result<(), Refusal> {
        let now = self.now;
        let chat = self.chat_mut()?;
        let held_by_other = chat.leased_at(now).is_some_and(|lease| lease.worker != fence.worker);
        let moved_on = chat.versions.history != fence.history_version
            || chat.versions.generation_attempt != fence.generation_attempt;
        if held_by_other || moved_on { Err(Refusal::Overtaken) } else { Ok(()) }
    }

    /// Tells clients to forget unfinished parts, if there can be any.
    pub(super) fn void_preview(&mut self) {
        if self.chat.as_ref().is_some_and(|chat| chat.episode().is_some()) {
            self.say(Body::PreviewReset {});
        }
    }

    pub(super) fn record_attempt(&mut self, lease: Lease, history_version: u64) -> Result<(), Refusal> {
        let now = self.now;
        let chat = self.chat_mut()?;
        let held_by_other = chat.leased_at(now).is_some_and(|held| held.worker != lease.worker);
        if held_by_other || chat.versions.history != history_version {
            return Err(Refusal::Overtaken);
        }
        chat.lease = Some(lease);
        let progress = chat.progress.get_or_insert(Progress::begun(now));
        progress.step = Some(Working { since: now, activity: Activity::Prompting });
        chat.versions.generation_attempt += 1;
        if chat.retry.take().is_some() {
            chat.versions.retry = chat.versions.snapshot;
        }
        self.say(Body::PreviewReset {});
        Ok(())
    }

    pub(super) fn record_retry(&mut self, fence: Fence, retry: Retry, after: Attempt) -> Result<(), Refusal> {
        self.check(fence)?;
        let chat = self.chat_mut()?;
        chat.useless_answers += match after {
            Attempt::Failed => 0,
            Attempt::Useless => 1,
        };
        chat.versions.retry = chat.versions.snapshot;
        chat.retry = Some(retry.clone());
        chat.lease = None;
        self.say(Body::PreviewReset {});
        let delay_ms = retry.delay_ms;
        self.say(Body::Retry { retry });
        self.wake_in(Reason::Retry, delay_ms);
        Ok(())
    }

    pub(super) fn commit_step(&mut self, step: CommitStep) -> Result<(), Refusal> {
        let CommitStep { fence, messages, opened, used, context_limit, next } = step;
        self.check(fence)?;
        let parts = messages.iter().flat_map(|message| message.content.iter());
        let answers: Vec<ToolResult> = parts.filter_map(StoredPart::result).cloned().collect();
        for message in messages {
            if message.role == Role::Assistant {
                self.chat_mut()?.steps += 1;
            }
            self.append(message)?;
        }
        let chat = self.chat_mut()?;
        // Before any is made: they are looked for where this says so.
        chat.has_children |= opened.iter().any(|call| call.tool_name == SPAWN_AGENT);
        chat.calls.extend(opened);
        self.note_endings(&answers.iter().collect::<Vec<_>>())?;
        let chat = self.chat_mut()?;
        chat.calls.retain(|call| !answers.iter().any(|answer| answer.tool_call_id == call.id));
        if let Some(used) = used {
            chat.context_tokens = used.usage.context_tokens();
            chat.context_limit = context_limit.unwrap_or(chat.context_limit);
            self.spend(used);
            self.tell_chat();
        }
        self.join_steering()?;
        if next == Next::Wake {
            self.chat_mut()?.lease = None;
            self.wake_now(Reason::Step);
        }
        Ok(())
    }

    /// Steering messages enter history once no call is open.
    pub(super) fn join_steering(&mut self) -> Result<(), Refusal> {
        let chat = self.chat_mut()?;
        if !chat.calls.is_empty() {
            return Ok(());
        }
        let steering: Vec<QueuedId> =
            chat.queue.iter().filter(|entry| entry.steers).map(|entry| entry.id).collect();
        for id in steering {
            let queued = self.dequeue(id)?;
            self.append(queued.into_message())?;
        }
        Ok(())
    }

    pub(super) fn park(&mut self, fence: Fence, mut calls: Vec<Call>) -> Result<(), Refusal> {
        self.check(fence)?;
        self.void_preview();
        let now = self.now;
        let chat = self.chat_mut()?;
        for call in &mut chat.calls {
            let entry = calls.iter().find(|entry| entry.call.tool_call_id == call.id);
            call.deadline_at = entry.map(|entry| entry.deadline_at);
            call.answered = entry.is_some_and(|entry| entry.result.is_some());
        }
        chat.lease = None;
        chat.status = if requires_action(chat) { Status::RequiresAction } else { Status::Running };
        for call in calls.iter_mut().filter(|call| call.may_be_lost()) {
            call.parked_at = Some(now);
        }
        let Look { reason, delay_ms } = next_look(chat, &calls, now);
        self.ledger = calls;
        self.wake_in(reason, delay_ms);
        Ok(())
    }

    pub(super) fn finish_turn(&mut self, fence: Fence) -> Result<(), Refusal> {
        self.check(fence)?;
        self.void_preview();
        self.close_calls("the turn ended before the call was answered")?;
        self.run_head_or_rest()
    }

    pub(super) fn finish_interruption(
        &mut self,
        fence: Fence,
        partial: Option<NewMessage>,
        opened: Vec<OpenCall>,
    ) -> Result<(), Refusal> {
        self.check(fence)?;
        match partial {
            Some(message) => {
                // What is open so far precedes the partial message; there is none while a model is asked.
                self.close_calls("the call was interrupted")?;
                self.append(message)?;
                self.chat_mut()?.calls = opened;
            }
            None => self.void_preview(),
        }
        self.close_calls("the call was interrupted")?;
        self.run_head_or_rest()
    }

    pub(super) fn finish_error(&mut self, fence: Fence, failure: Failure) -> Result<(), Refusal> {
        self.check(fence)?;
        self.say(Body::PreviewReset {});
        self.close_calls("the turn failed before the call was answered")?;
        let chat = self.chat_mut()?;
        chat.status = Status::Error;
        chat.last_error = Some(failure.clone());
        chat.compaction_requested = false;
        chat.retry = None;
        chat.lease = None;
        self.say(Body::Error { error: failure });
        Ok(())
    }
}
