//! The hub's port over an answer. Asking needs an endpoint, which who asks must find.

use chat::model::{ModelError, ModelEvent};

use crate::answer::Answer;

impl chat::port::Answer for Answer {
    async fn next(&mut self) -> Option<Result<ModelEvent, ModelError>> {
        Self::next(self).await
    }
}
