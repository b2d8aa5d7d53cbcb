//! What the model forgets, and what it is told instead.

use crate::{
    compaction::{cleared, first_since},
    draft::Draft,
    id::MessageId,
    message::{NewMessage, Visibility},
    record::Status,
    span::Spans,
    spend::Used,
    transition::{CommitCompaction, Refusal},
    wake::Reason,
};

impl Draft {
    pub(super) fn request_compaction(&mut self) -> Result<(), Refusal> {
        let chat = self.chat_mut()?;
        // Of a single message no summary could be shorter.
        let since = chat.spans.within(first_since(chat), MessageId(u64::MAX));
        if Spans(since).len() < 2 {
            return Err(Refusal::NothingToCompact);
        }
        chat.compaction_requested = true;
        // A step that was stopped before must not write into the new turn, nor its parts come back.
        chat.versions.history = chat.versions.snapshot;
        chat.versions.generation_attempt = 0;
        chat.useless_answers = 0;
        self.run(Reason::Message)
    }

    pub(super) fn clear(&mut self) -> Result<(), Refusal> {
        let chat = self.chat_mut()?;
        if chat.spans.last().is_none_or(|last| last < first_since(chat)) {
            return Err(Refusal::NothingToClear);
        }
        let boundary = cleared(chat);
        self.forget(boundary)?;
        let chat = self.chat_mut()?;
        chat.context_tokens = 0;
        chat.status = Status::Waiting;
        chat.last_error = None;
        self.tell_chat();
        Ok(())
    }

    pub(super) fn commit_compaction(&mut self, step: CommitCompaction) -> Result<(), Refusal> {
        let CommitCompaction { fence, compaction, pending, context_tokens } = step;
        self.check(fence)?;
        if !self.chat_mut()?.calls.is_empty() {
            return Err(Refusal::Overtaken);
        }
        let (model_id, context_limit) = (compaction.model_id, compaction.context_limit);
        let used = compaction.usage.map(|usage| Used { model_id, usage });
        self.forget(compaction.boundary())?;
        for message in pending {
            self.append(NewMessage { visibility: Visibility::Model, ..message })?;
        }
        if let Some(used) = used {
            self.spend(used);
        }
        let chat = self.chat_mut()?;
        chat.compaction_requested = false;
        chat.context_tokens = context_tokens;
        chat.context_limit = context_limit;
        chat.lease = None;
        self.tell_chat();
        self.join_steering()?;
        self.wake_now(Reason::Step);
        Ok(())
    }

    /// The model's context begins here.
    fn forget(&mut self, boundary: [NewMessage; 3]) -> Result<(), Refusal> {
        let first = self.chat_mut()?.next_message_id;
        for message in boundary {
            self.append(message)?;
        }
        self.chat_mut()?.forget_before(first);
        Ok(())
    }
}
