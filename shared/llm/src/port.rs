//! The hub's ports over these adapters.

use chat::{
    model::{ModelError, ModelEvent, ModelRequest},
    port::AskModel,
};

use crate::{answer::Answer, client::Llm};

impl AskModel for Llm {
    type Answer = Answer;

    async fn ask(&self, request: ModelRequest) -> Result<Answer, ModelError> {
        Self::ask(self, request).await
    }
}

impl chat::port::Answer for Answer {
    async fn next(&mut self) -> Option<Result<ModelEvent, ModelError>> {
        Self::next(self).await
    }
}
