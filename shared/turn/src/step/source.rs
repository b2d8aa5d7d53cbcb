//! Where a model's answer comes from.

use chat::{
    model::{ModelError, ModelEvent},
    port::Answer,
};
use futures::future::BoxFuture;

/// A request on its way, then its answer.
pub(super) enum Source<'a, A> {
    Asking(BoxFuture<'a, Result<A, ModelError>>),
    Answering(A),
}

impl<A: Answer> Source<'_, A> {
    /// Returns what comes next. May be cancelled.
    pub(super) async fn next(&mut self) -> Option<Result<ModelEvent, ModelError>> {
        if let Self::Asking(asked) = self {
            match asked.await {
                Ok(answer) => *self = Self::Answering(answer),
                Err(error) => return Some(Err(error)),
            }
        }
        match self {
            Self::Asking(_) => None,
            Self::Answering(answer) => answer.next().await,
        }
    }
}
