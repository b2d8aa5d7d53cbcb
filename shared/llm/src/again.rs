//! How a provider that paused is asked to go on.
//!
//! Anthropic ends a long round of its own tools with `pause_turn`, and goes on once it is sent what it said so far:
//! <https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons>.

use std::{pin::Pin, sync::Arc};

use chat::{
    id::MessageId,
    message::{NewMessage, Role},
    model::{Api, ModelEvent, ModelRequest},
    part::StoredPart,
    time::Timestamp,
};
use reqwest::Response;

use crate::{client::Llm, endpoint::Endpoint, fault::Fault};

/// Times that one answer may pause; a round may take ten searches.
const MOST_ROUNDS: u32 = 10;

/// A request on its way.
pub(crate) type Asked = Pin<Box<dyn Future<Output = Result<Response, Fault>> + Send>>;

/// What a paused answer is asked again with.
#[derive(Debug)]
pub(crate) struct Again {
    llm: Llm,
    endpoint: Endpoint,
    request: ModelRequest,
    said: Vec<StoredPart>,
    rounds: u32,
}

impl Again {
    /// Keeps what it takes, where the wire format has pauses.
    pub(crate) fn of(llm: &Llm, endpoint: &Endpoint, request: ModelRequest) -> Option<Self> {
        let pauses = request.model.api == Api::AnthropicMessages;
        let (llm, endpoint) = (llm.clone(), endpoint.clone());
        pauses.then_some(Self { llm, endpoint, request, said: Vec::new(), rounds: 0 })
    }

    /// Notes what was said, since it goes back.
    pub(crate) fn heard(&mut self, event: &ModelEvent) {
        match event {
            ModelEvent::Part(part) => self.said.push(part.clone()),
            ModelEvent::Delta(_) | ModelEvent::Finish { .. } => {}
        }
    }

    /// Sends the request with what was said so far; none if that was done often enough, or nothing was said.
    pub(crate) fn ask(&mut self) -> Option<Asked> {
        if self.said.is_empty() || self.rounds == MOST_ROUNDS {
            return None;
        }
        self.rounds += 1;
        let (llm, endpoint, request) = (self.llm.clone(), self.endpoint.clone(), self.request());
        Some(Box::pin(async move { llm.send(&endpoint, &request).await }))
    }

    fn request(&self) -> ModelRequest {
        let mut request = self.request.clone();
        let id = request.messages.last().map_or(0, |message| message.id.0) + 1;
        let said = NewMessage::of(Role::Assistant, self.said.clone());
        request.messages.push(Arc::new(said.placed(MessageId(id), Timestamp(0), id)));
        request
    }
}
