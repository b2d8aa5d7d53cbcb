//! What becomes of a turn that was stopped in mid-answer.

use chat::{
    Draft,
    call::{Answerer, OpenCall},
    compaction::SUMMARIZED,
    id::ModelId,
    part::{Delta, StoredPart, assemble},
    port::{ReadParts, Unavailable},
    record::Chat,
    transition::{Fence, Refusal, Transition},
};

use crate::output::{answer, calls};

/// Returns what a step had written that died before it could stop: it is in the part log.
pub(crate) async fn left_by_the_dead<P: ReadParts>(
    ports: &P,
    chat: &Chat,
) -> Result<Vec<StoredPart>, Unavailable> {
    let logged = match chat.versions.generation_attempt {
        0 => Vec::new(),
        _ => ports.parts(chat.id, chat.last_episode()).await?,
    };
    // That a summary was being written is not something that was said.
    let said = |delta: &Delta| !matches!(delta, Delta::ToolCall { tool_name, .. } if tool_name == SUMMARIZED);
    let written = assemble(logged.into_iter().map(|(_, delta)| delta).filter(said));
    Ok(written.into_iter().map(StoredPart::from).collect())
}

/// What was written before the stop enters history; calls in it are not run.
pub(crate) fn interrupted(
    draft: Draft,
    fence: Fence,
    parts: Vec<StoredPart>,
    model_id: ModelId,
) -> Result<Draft, Refusal> {
    let opened = calls(&parts).map(|call| OpenCall::of(&call, Answerer::Step)).collect();
    let partial = (!parts.is_empty()).then(|| answer(parts, model_id, None));
    draft.apply(Transition::FinishInterruption { fence, partial, opened })
}
