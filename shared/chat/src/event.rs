//! What sockets are told.

use serde::{Deserialize, Serialize};

use crate::{
    call::PendingView,
    cursor::{Cursor, Episode},
    diff::DiffStatus,
    failure::{Failure, Retry},
    id::{ChatId, MessageId},
    message::{MessageView, QueuedView, Role},
    part::Delta,
    record::Status,
    view::ChatView,
};

/// An event on a chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The chat.
    pub chat_id: ChatId,
    /// The transition that it belongs to; state events only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_version: Option<u64>,
    /// Whether more events of the same transition follow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// Whether it brings a subscriber up to date.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub catch_up: bool,
    /// What happened.
    #[serde(flatten)]
    pub body: Body,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Body {
    /// A message was inserted or changed.
    Message {
        /// The message.
        message: Box<MessageView>,
    },
    /// The chat is busy with something else.
    Status {
        /// With what.
        status: Status,
    },
    /// The queue changed.
    QueueUpdate {
        /// All of it.
        queued_messages: Vec<QueuedView>,
    },
    /// A failure ended the turn.
    Error {
        /// The failure.
        error: Failure,
    },
    /// An attempt failed and another follows.
    Retry {
        /// The retry.
        retry: Retry,
    },
    /// A client must answer calls.
    ActionRequired {
        /// The calls.
        tool_calls: Vec<PendingView>,
    },
    /// Messages are no longer visible.
    HistoryReset {
        /// The first of them.
        from_message_id: MessageId,
    },
    /// Unfinished parts are void.
    PreviewReset {},
    /// Something about the chat changed.
    Chat {
        /// The chat.
        chat: Box<ChatView>,
    },
    /// The model said something.
    MessagePart {
        /// Which history and attempt.
        #[serde(flatten)]
        episode: Episode,
        /// Its place in the episode, from 1.
        seq: u64,
        /// Who speaks.
        role: Role,
        /// What was said.
        part: Delta,
    },
    /// The subscriber is up to date.
    CaughtUp {
        /// Where it is.
        cursor: Cursor,
    },
}

impl Event {
    /// Returns a part event.
    #[must_use]
    pub const fn part(chat_id: ChatId, episode: Episode, seq: u64, part: Delta) -> Self {
        let body = Body::MessagePart { episode, seq, role: Role::Assistant, part };
        Self { chat_id, snapshot_version: None, more: false, catch_up: false, body }
    }

    /// Returns an event of the transition that led to `snapshot_version`.
    #[must_use]
    pub const fn state(chat_id: ChatId, snapshot_version: u64, body: Body) -> Self {
        Self { chat_id, snapshot_version: Some(snapshot_version), more: false, catch_up: false, body }
    }
}

/// What watchers of many chats are told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum WatchEvent {
    /// A chat is there.
    ChatCreated {
        /// The chat.
        chat: Box<ChatView>,
    },
    /// Something about it changed.
    ChatUpdated {
        /// The chat.
        chat: Box<ChatView>,
    },
    /// It is gone.
    ChatDeleted {
        /// The chat as it was.
        chat: Box<ChatView>,
    },
    /// A client must answer calls in it.
    ActionRequired {
        /// The chat.
        chat_id: ChatId,
        /// The calls.
        tool_calls: Vec<PendingView>,
    },
    /// What is known of its working tree changed.
    DiffStatus {
        /// The chat.
        chat_id: ChatId,
        /// What there is to say now; none where there is no tree any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        diff_status: Option<Box<DiffStatus>>,
    },
}
