//! A child that has come to rest.

use chat::{
    Draft,
    call::Answerer,
    port::{AskModel, HoldWake, Unavailable},
    record::{Chat, Snapshot, Status},
    transition::Transition,
};

use super::{Step, StepPorts};
use crate::{
    agents,
    announce::announce_in_order,
    settle::{Settled, settle},
};

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Whoever waits for the child is told. One that was made while its family was put away or went follows it.
    pub(super) async fn report(&self, child: &Chat) -> Result<(), Unavailable> {
        let rests = matches!(child.status, Status::Waiting | Status::Error);
        let Some(parent_id) = child.parent_chat_id.filter(|_| rests) else { return Ok(()) };
        match self.worker.ports.snapshot(parent_id).await? {
            Some(parent) if !parent.chat.archived => self.answer_for_children(&parent).await,
            Some(_) if child.archived => Ok(()),
            Some(_) => self.follow(child, &[Transition::SetArchived { archived: true }]).await,
            None if child.archived => self.follow(child, &[Transition::Delete]).await,
            None => {
                let gone = [Transition::SetArchived { archived: true }, Transition::Delete];
                self.follow(child, &gone).await
            }
        }
    }

    /// Answers the calls of a chat that wait for children, as far as those have come to rest.
    pub(super) async fn answer_for_children(&self, parent: &Snapshot) -> Result<(), Unavailable> {
        let results = agents::reports(&self.worker.ports, parent, agents::Patience::Waits).await?;
        self.answer(parent.chat.id, Answerer::Chat, results).await
    }

    async fn follow(&self, child: &Chat, transitions: &[Transition]) -> Result<(), Unavailable> {
        let decide = |draft| transitions.iter().cloned().try_fold(draft, Draft::apply);
        match settle(&self.worker.ports, child.id, &decide).await? {
            Settled::Done(change) => announce_in_order(&self.worker.ports, &change, Vec::new()).await,
            // It works again, and comes to rest again.
            Settled::Interrupted | Settled::Overtaken => Ok(()),
        }
    }
}
