//! What the function says on a socket by itself, beside a chat's events.

use chat::{
    frame::frames_of,
    id::{ChatId, ConnectionId},
    port::{TellSockets, Unavailable},
    time::Timestamp,
};
use edge::Rejection;
use serde::Serialize;
use serde_json::Value;
use turn::announce::tell_one;

/// An answer to an action.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Answer {
    Unsubscribed {
        chat_id: ChatId,
    },
    Watching {},
    Unwatched {},
    /// There are no notifications yet.
    InboxOpen {
        unread_count: u64,
    },
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<Value>,
        at: Timestamp,
    },
    Refused {
        action: Value,
        code: &'static str,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        chat_id: Option<Value>,
    },
}

/// Why an action was refused.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        let said = rejection.said();
        Self { code: said.code, message: said.message }
    }
}

impl From<Unavailable> for Refused {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(%error, "action not done");
        Self::from(Rejection::Unavailable(error))
    }
}

/// Says something on a socket. Who does not hear it asks again.
pub(crate) async fn say<P: TellSockets>(ports: &P, connection: &ConnectionId, answer: &Answer) {
    tell_one(ports, connection, &frames_of(std::slice::from_ref(answer))).await;
}
