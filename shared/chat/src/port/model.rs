//! Who answers.

use crate::model::{ModelError, ModelEvent, ModelRequest};

/// Asks models.
pub trait AskModel: Send + Sync {
    /// The answer as it streams.
    type Answer: Answer;
    /// Sends the request and waits for the answer to begin.
    fn ask(&self, request: ModelRequest) -> impl Future<Output = Result<Self::Answer, ModelError>> + Send;
}

/// A streaming answer. Dropping it ends the request.
pub trait Answer: Send {
    /// Returns what comes next; none at the end, which follows [`ModelEvent::Finish`] or an error. May be
    /// cancelled without losing anything.
    fn next(&mut self) -> impl Future<Output = Option<Result<ModelEvent, ModelError>>> + Send;
}
