//! Calls whose time is over.

use chat::{
    Draft,
    call::Answerer,
    port::{AskModel, HoldWake, Unavailable},
    record::Snapshot,
    transition::{Refusal, Transition},
};

use super::{Flow, Step, StepPorts};
use crate::agents::{self, Patience};

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Answers the calls whose time is over. A wait for a child is looked at once more: that it took too long is no error.
    pub(super) async fn expire(&self, snapshot: Snapshot) -> Result<Flow, Unavailable> {
        let results = agents::reports(&self.worker.ports, &snapshot, Patience::Ends).await?;
        self.commit(snapshot, &|draft| {
            if results.is_empty() {
                return draft.apply(Transition::Expire);
            }
            let draft = draft.apply(Transition::Answer { by: Answerer::Chat, results: results.clone() })?;
            expire_others(draft)
        })
        .await
    }
}

fn expire_others(draft: Draft) -> Result<Draft, Refusal> {
    let now = draft.now();
    let is_late = draft.chat().is_some_and(|chat| chat.calls.iter().any(|call| call.is_late(now)));
    if is_late { draft.apply(Transition::Expire) } else { Ok(draft) }
}
