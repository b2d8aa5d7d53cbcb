//! What a step says of itself to the account of its invocation.

use chat::{
    account::{Count, Gauge, Mark, Note, Phase, count, enter, gauge, mark, note},
    model::ModelConfig,
};

pub(super) fn asking(model: &ModelConfig, attempt: u32) {
    note(Note::Provider, &model.provider);
    note(Note::Model, &model.model);
    gauge(Gauge::Attempt, attempt.into());
    mark(Mark::Asked);
}

/// The model has no more to say, or nobody waits for it any more.
pub(super) fn answered() {
    mark(Mark::Answered);
    enter(Phase::Commit);
}

/// Somebody else works on the chat, or nobody shall.
pub(super) fn overtaken() {
    count(Count::LostLease);
    note(Note::Outcome, "overtaken");
}
