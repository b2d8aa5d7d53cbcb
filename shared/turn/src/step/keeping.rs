//! What a step has its chat keep of its workspace before the model is asked.

use chat::{
    port::{AskModel, HoldWake, Unavailable},
    record::{Chat, Spec},
};

use super::{Step, StepPorts};
use crate::context::{Pinned, is_missing, newest};

/// What a chat shall keep, and what it keeps already.
pub(super) struct Kept {
    pub(super) pinned: Pinned,
    pub(super) spec: Spec,
}

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Looks what the workspace says, where the chat keeps nothing of it; all others read nothing.
    pub(super) async fn kept(&self, chat: &Chat) -> Result<Option<Kept>, Unavailable> {
        if !is_missing(chat) {
            return Ok(None);
        }
        let ports = &self.worker.ports;
        match newest(ports, chat).await? {
            Some(pinned) => Ok(Some(Kept { pinned, spec: ports.spec(chat.id).await? })),
            None => Ok(None),
        }
    }

    /// Returns what the prompt is made of.
    pub(super) async fn spec(&self, chat: &Chat, kept: Option<&Kept>) -> Result<Spec, Unavailable> {
        match kept {
            Some(Kept { pinned, spec }) => Ok(pinned.beside(spec.clone())),
            None => self.worker.ports.spec(chat.id).await,
        }
    }
}
