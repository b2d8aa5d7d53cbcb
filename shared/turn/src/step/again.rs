//! Whether and when a model is asked once more.

use chat::{
    failure::{Retry, backoff_ms},
    limit::ATTEMPTS,
    model::ModelError,
    record::Chat,
    time::Timestamp,
};

use super::answered::USELESS_ATTEMPTS;

/// Useless answers are counted by themselves: an outage before one does not use them up.
pub(super) fn may_be_asked_again(chat: &Chat, error: &ModelError) -> bool {
    let is_one_too_many = error.useless && chat.useless_answers + 1 >= USELESS_ATTEMPTS;
    error.retryable && !is_one_too_many && chat.versions.generation_attempt < ATTEMPTS
}

pub(super) fn retry(error: &ModelError, attempt: u32, now: Timestamp) -> Retry {
    let delay_ms = backoff_ms(attempt, error.retry_after_ms);
    Retry {
        attempt,
        delay_ms,
        error: error.sentence(),
        kind: error.kind,
        provider: Some(error.provider.clone()),
        status_code: error.status,
        retrying_at: now.plus_ms(delay_ms),
    }
}
