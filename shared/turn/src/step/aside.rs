//! What a step does beside turns, by a wake of its own: nobody waits for it, and nothing is lost without it.

use std::time::Duration;

use chat::{
    Draft,
    account::{Note, Phase, enter, note},
    catalogue::{Editions, Period},
    model::ModelRequest,
    port::{AskModel, HoldWake, Unavailable},
    record::Chat,
    spend::Used,
    transition::{Describe, Refusal, Transition},
    wake::{Due, Reason},
};

use super::{Step, StepPorts};
use crate::{
    announce::announce_in_order,
    aside::{Heard, ask},
    catalogue::Offer,
    money::spent_out,
    settle::{Settled, settle},
};

/// How long a model may take for a few words: the wake comes again after 30 seconds, and somebody else would ask too.
const PATIENCE: Duration = Duration::from_secs(25);
/// How long a turn may wait for a wake that is not its own to be sent.
const SENT_WITHIN: Duration = Duration::from_secs(1);

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Has another step look at what this one has no time for. If the wake is lost, that is all.
    pub(super) async fn leave_to_another(&self, chat: &Chat, reason: Reason) {
        let due = Due { reason, delay_ms: 0, group: chat.owner_id };
        let sent = tokio::time::timeout(SENT_WITHIN, self.worker.ports.send(chat.id, due)).await;
        let reason = reason.name();
        match sent {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, reason, "no wake for what is beside the turn"),
            Err(_) => tracing::warn!(reason, "no wake in time for what is beside the turn"),
        }
    }

    /// Returns what applies to the chat, where a model may be asked for it now.
    pub(super) async fn may_ask(
        &self,
        chat: &Chat,
        editions: Option<Editions>,
    ) -> Result<Option<Offer>, Unavailable> {
        let Some(editions) = editions.filter(|_| !chat.archived) else { return Ok(None) };
        let offer = self.worker.catalogues.offer_of(&self.worker.ports, chat.owner_id, editions).await?;
        let limits = &offer.catalogue.settings.limits;
        let is_spent = spent_out(&self.worker.ports, chat, limits, self.now()).await?.is_some();
        Ok(Some(offer).filter(|_| !is_spent))
    }

    /// Returns what a model says in a few words; none where it says nothing in time.
    pub(super) async fn heard(&self, request: ModelRequest) -> Option<Heard> {
        note(Note::Provider, &request.model.provider);
        note(Note::Model, &request.model.model);
        enter(Phase::FirstToken);
        let heard = ask(&self.worker.model, request, PATIENCE).await;
        enter(Phase::Commit);
        heard.inspect_err(|error| tracing::warn!(%error, "a model had no few words")).ok()
    }

    /// Describes the chat, if it is still as it was meant, and counts what the words have cost in any case.
    pub(super) async fn describe(
        &self,
        describe: Describe,
        (used, ceiling): (Option<Used>, Option<Period>),
        is_meant: impl Fn(&Chat) -> bool + Send + Sync,
    ) -> Result<(), Unavailable> {
        let decide = |draft: Draft| {
            let is_meant = draft.chat().is_some_and(&is_meant);
            let draft = match used {
                Some(used) => draft.spending(used).towards(ceiling),
                None if !is_meant => return Err(Refusal::Overtaken),
                None => draft,
            };
            let describe = if is_meant { describe.clone() } else { Describe::default() };
            draft.apply(Transition::Describe(describe))
        };
        match settle(&self.worker.ports, self.wake.chat_id, &decide).await? {
            Settled::Done(change) => announce_in_order(&self.worker.ports, &change, Vec::new()).await,
            Settled::Interrupted | Settled::Overtaken => Ok(()),
        }
    }
}
