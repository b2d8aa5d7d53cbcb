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

#[cfg(test)]
mod tests {
    use chat::{
        id::{ChatId, WorkerId},
        part::{Outcome, Part, ToolCall, ToolResult},
        record::{Lease, Snapshot, Status, Versions},
        time::Timestamp,
    };
    use kit::seed;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    /// Returns what becomes of a call that a step was answering when it was stopped.
    fn stopped(known: Vec<ToolResult>) -> ToolResult {
        let (worker, now) = (WorkerId(Uuid::from_u128(1)), Timestamp(1_000));
        let call = ToolCall {
            tool_call_id: "c1".into(),
            tool_name: "list_agents".into(),
            args: json!({}),
            provider_executed: false,
        };
        let chat = Chat {
            status: Status::Interrupting,
            lease: Some(Lease::from(worker, now)),
            calls: vec![OpenCall::of(&call, Answerer::Step)],
            versions: Versions { snapshot: 4, history: 3, generation_attempt: 1, ..Versions::default() },
            ..seed::chat(ChatId(Uuid::nil()))
        };
        let snapshot = Snapshot { chat, queue: Vec::new(), ledger: Vec::new() };
        let draft = Draft::open(Some(snapshot), now).knowing(known);
        let fence = draft.fence(worker);
        let draft = interrupted(draft, fence, Vec::new(), seed::model().id).unwrap();
        let Part::ToolResult(result) = &draft.messages()[0].content[0].part else { panic!("no result") };
        result.clone()
    }

    #[test]
    fn what_a_stopped_steps_calls_came_to_is_kept_where_it_is_known() {
        let known = ToolResult {
            result: json!({ "agents": [] }),
            is_error: false,
            ..ToolResult::synthetic("c1".into(), "list_agents".into(), "")
        };
        assert_eq!(stopped(vec![known.clone()]), known);
        assert_eq!(stopped(Vec::new()).outcome, Some(Outcome::Unknown));
    }
}
