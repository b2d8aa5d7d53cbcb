//! What people do.

use crate::{
    diff::{DiffStatus, NotedDiff},
    draft::Draft,
    event::Body,
    id::MessageId,
    limit::SPANS,
    message::NewMessage,
    record::{Chat, Status},
    state::State,
    transition::{Create, Describe, Name, Refusal},
    wake::Reason,
};

impl Draft {
    pub(super) fn create(&mut self, create: Create) -> Result<(), Refusal> {
        let Create { mut seed, share, closing, message, spec } = create;
        seed.versions.snapshot = 1;
        seed.versions.history = 1;
        seed.status = Status::Waiting;
        self.chat = Some(seed);
        self.spec = spec;
        self.share = share;
        self.append_results(closing)?;
        if let Some(message) = message {
            self.append(message)?;
            self.run(Reason::Message)?;
        }
        self.tell_chat();
        Ok(())
    }

    pub(super) fn edit(&mut self, message_id: MessageId, message: NewMessage) -> Result<(), Refusal> {
        let now = self.now;
        let open = self.chat_mut()?.calls.clone();
        self.cancel(&open);
        let chat = self.chat_mut()?;
        if !chat.spans.contains(message_id) {
            return Err(Refusal::NoSuchMessage(message_id));
        }
        chat.spans.cut(message_id);
        if chat.spans.0.len() >= SPANS {
            return Err(Refusal::TooManyEdits);
        }
        // What was forgotten before the edit is remembered again: its replacement is gone with the rest.
        chat.remember(message_id);
        chat.calls.clear();
        chat.last_answer_id = chat.last_answer_id.filter(|id| *id < message_id);
        chat.compaction_requested = false;
        chat.updated_at = now;
        self.ledger.clear();
        self.say(Body::HistoryReset { from_message_id: message_id });
        self.append(message)?;
        self.empty_queue()?;
        self.run(Reason::Message)
    }

    pub(super) fn interrupt(&mut self) -> Result<(), Refusal> {
        self.stop_or_run()
    }

    pub(super) fn set_archived(&mut self, archived: bool) -> Result<(), Refusal> {
        let chat = self.chat_mut()?;
        if chat.archived == archived {
            return Err(Refusal::NotAllowed { name: Name::SetArchived, from: State::of(Some(chat)) });
        }
        chat.archived = archived;
        if archived {
            chat.pin_order = 0;
        }
        self.tell_chat();
        Ok(())
    }

    pub(super) fn delete(&mut self) -> Result<(), Refusal> {
        self.chat_mut()?.deleted = true;
        self.wake_now(Reason::Erase);
        self.tell_chat();
        Ok(())
    }

    pub(super) fn describe(&mut self, new: Describe) -> Result<(), Refusal> {
        let chat = self.chat_mut()?;
        rename(chat, new);
        self.tell_chat();
        Ok(())
    }

    pub(super) fn note_diff(&mut self, edition: u64, status: Option<DiffStatus>) -> Result<(), Refusal> {
        let chat = self.chat_mut()?;
        if chat.diff.as_ref().is_some_and(|noted| noted.edition > edition) {
            return Err(Refusal::Overtaken);
        }
        chat.diff = status.map(|status| Box::new(NotedDiff { edition, status }));
        self.tell_chat();
        Ok(())
    }

    pub(super) fn reconcile(&mut self) -> Result<(), Refusal> {
        self.close_calls("the chat was in a state that cannot be")?;
        let chat = self.chat_mut()?;
        chat.status = Status::Error;
        chat.archived = false;
        chat.lease = None;
        chat.retry = None;
        let failure = crate::failure::Failure {
            message: "the chat was in a state that cannot be, and was stopped; send a message to go on"
                .into(),
            detail: None,
            kind: crate::failure::Kind::Generic,
            provider: None,
            status_code: None,
            retryable: true,
        };
        chat.last_error = Some(failure.clone());
        self.say(Body::PreviewReset {});
        self.say(Body::Error { error: failure });
        Ok(())
    }
}

fn rename(chat: &mut Chat, new: Describe) {
    let Describe { title, summary, pin_order, labels, plan_mode, workspace_id, pin, read_through } = new;
    chat.derived_title &= title.is_none();
    chat.summary = summary.or_else(|| chat.summary.take());
    chat.title = title.unwrap_or_else(|| std::mem::take(&mut chat.title));
    chat.pin_order = pin_order.unwrap_or(chat.pin_order);
    chat.labels = labels.unwrap_or_else(|| std::mem::take(&mut chat.labels));
    chat.plan_mode = plan_mode.unwrap_or(chat.plan_mode);
    let workspace_id = workspace_id.unwrap_or(chat.workspace_id);
    // Another workspace has another tree.
    chat.diff = chat.diff.take().filter(|_| workspace_id == chat.workspace_id);
    chat.workspace_id = workspace_id;
    chat.pin = pin.or(chat.pin);
    // Two windows may tell in any order what they have shown.
    chat.read_through = chat.read_through.max(read_through.unwrap_or(chat.read_through));
}
