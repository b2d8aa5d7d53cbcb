//! What a change tells of what it makes.

use super::Draft;
use crate::{
    call::{Call, PendingView},
    event::Body,
    id::ChatId,
    message::{Message, MessageView, QueuedView},
    record::Chat,
    view::ChatView,
};

impl Draft {
    pub(crate) fn queue_view(&self, id: ChatId) -> Vec<QueuedView> {
        self.queue.iter().map(|queued| queued.view(id)).collect()
    }

    pub(super) fn pending_view(&self) -> Vec<PendingView> {
        pending_view(self.chat.as_ref(), &self.ledger)
    }

    pub(crate) fn tell_chat(&mut self) {
        if let Some(chat) = &self.chat {
            let chat = Box::new(ChatView::from(chat));
            self.say(Body::Chat { chat });
        }
    }

    pub(crate) fn tell_message(&mut self, message: &Message, chat_id: ChatId) {
        if let Some(view) = message.view(chat_id) {
            let message: Box<MessageView> = Box::new(view);
            self.say(Body::Message { message });
        }
    }
}

/// Returns the calls that clients must answer, as they see them.
#[must_use]
pub fn pending_view(chat: Option<&Chat>, ledger: &[Call]) -> Vec<PendingView> {
    let waits = |call: &&Call| {
        call.result.is_none()
            && call.answerer.requires_action()
            && chat.is_some_and(|chat| chat.calls.iter().any(|open| open.id == call.call.tool_call_id))
    };
    ledger.iter().filter(waits).map(Call::view).collect()
}
