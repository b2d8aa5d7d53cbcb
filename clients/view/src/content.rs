//! What a chat shows at one version, apart from what streams.

use std::collections::BTreeMap;

use chat::{
    call::PendingView,
    event::Body,
    failure::{Failure, Retry},
    id::MessageId,
    message::{MessageView, QueuedView},
    record::Status,
    view::ChatView,
};

/// A chat at one version, apart from what streams.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// The visible messages.
    pub history: BTreeMap<MessageId, MessageView>,
    /// What waits for the turn to end, in order.
    pub queue: Vec<QueuedView>,
    /// What the chat is busy with; none before anything was heard.
    pub status: Option<Status>,
    /// The failure that stopped it, while it is in `error`.
    pub error: Option<Failure>,
    /// The retry that waits.
    pub retry: Option<Retry>,
    /// The calls that a client or a person must answer, while there are any.
    pub pending: Vec<PendingView>,
    /// The chat as it was last told; its status and queue are told apart and may be newer.
    pub chat: Option<ChatView>,
}

impl Content {
    /// Returns whether a step may be streaming: not at rest, and not while a retry waits.
    #[must_use]
    pub const fn streams(&self) -> bool {
        matches!(self.status, Some(Status::Running | Status::Interrupting)) && self.retry.is_none()
    }

    /// Returns whether nothing happens until somebody says something.
    #[must_use]
    pub const fn is_at_rest(&self) -> bool {
        matches!(self.status, Some(Status::Waiting | Status::Error))
    }

    /// Forgets what a consistent state only mentions where it is there.
    pub(crate) fn forget_conditions(&mut self) {
        self.error = None;
        self.retry = None;
        self.pending.clear();
    }

    /// Applies a state event; applying it again changes nothing.
    pub(crate) fn tell(&mut self, body: Body) {
        match body {
            Body::Message { message } => self.put(*message),
            Body::Status { status } => self.enter(status),
            Body::QueueUpdate { queued_messages } => self.queue = queued_messages,
            Body::Error { error } => self.error = Some(error),
            Body::Retry { retry } => self.retry = Some(retry),
            Body::ActionRequired { tool_calls } => self.pending = tool_calls,
            Body::HistoryReset { from_message_id } => drop(self.history.split_off(&from_message_id)),
            Body::Chat { chat } => self.chat = Some(*chat),
            Body::PreviewReset {} | Body::MessagePart { .. } | Body::CaughtUp { .. } => {}
        }
    }

    fn put(&mut self, message: MessageView) {
        let known = self.history.get(&message.id).is_some_and(|held| held.revision >= message.revision);
        if !known {
            self.history.insert(message.id, message);
        }
    }

    fn enter(&mut self, status: Status) {
        self.status = Some(status);
        if status != Status::Error {
            self.error = None;
        }
        if status != Status::Running {
            self.retry = None;
        }
        if status != Status::RequiresAction {
            self.pending.clear();
        }
    }
}
