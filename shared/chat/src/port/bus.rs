//! How news travels.

use super::Unavailable;
use crate::{
    id::{ChatId, ConnectionId},
    wake::Due,
};

/// Sends wakes.
pub trait SendWakes: Send + Sync {
    /// Sends a wake, to arrive once or more often, after its delay or later.
    fn send(&self, chat_id: ChatId, due: Due) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Has forgotten chats looked for between the minutes, which is as often as schedules tick.
pub trait SendSweeps: Send + Sync {
    /// Has them looked for after that delay.
    fn sweep_in(&self, delay_ms: u64) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// A wake's own message, while a step works on it.
pub trait HoldWake: Send + Sync {
    /// Puts off the next delivery of the wake that is being worked on.
    fn hold(&self, for_ms: u64) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Pushes to sockets.
pub trait TellSockets: Send + Sync {
    /// Sends a frame.
    fn tell(
        &self,
        connection: &ConnectionId,
        frame: &str,
    ) -> impl Future<Output = Result<(), TellError>> + Send;
}

/// Why a frame did not go out.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
    /// The socket is closed; it need not be told anything any more.
    #[error("the socket is gone")]
    Gone,
    /// It may be told later; the cursor heals the gap.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
