//! How a turn ended, in a few words, behind the turn.

use chat::{
    Change,
    catalogue::{Editions, Settings},
    port::{AskModel, HoldWake, Unavailable},
    record::{Chat, Snapshot, Status},
    transition::{Describe, Name},
    wake::Reason,
};

use super::{Step, StepPorts};
use crate::{
    aside::Heard,
    label::{labelled, request},
    prompt::Asked,
};

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Has another step say how the turn ended, if this change has ended one and a model is set for such things: it
    /// is a call more for each turn.
    pub(super) async fn have_labelled(&self, change: &Change, settings: &Settings) {
        let is_over = change.made_of.contains(&Name::FinishTurn) && change.chat.status == Status::Waiting;
        if is_over && settings.model_overrides.title.is_some() {
            self.leave_to_another(&change.chat, Reason::Label).await;
        }
    }

    /// Says how the chat's last turn ended. A chat that was labelled since, or has moved on, is left alone.
    pub(super) async fn label(
        &self,
        snapshot: Snapshot,
        editions: Option<Editions>,
    ) -> Result<(), Unavailable> {
        let chat = snapshot.chat;
        let history_version = chat.versions.history;
        let is_meant = |chat: &Chat| {
            let rests = chat.status == Status::Waiting && chat.summary.is_none();
            rests && chat.versions.history == history_version
        };
        let Some(offer) = self.may_ask(&chat, editions).await?.filter(|_| is_meant(&chat)) else {
            return Ok(());
        };
        let set = offer.catalogue.settings.model_overrides.title;
        let Some(Ok(asked)) = set.map(|model_id| Asked::of(&offer, model_id)) else { return Ok(()) };
        let history = self.worker.recent.history(&self.worker.ports, &chat).await?;
        let answer = history.iter().find(|message| Some(message.id) == chat.last_answer_id);
        let asked = answer.and_then(|answer| request(&chat, &asked, answer, self.now()));
        let Some(asked) = asked else { return Ok(()) };
        let Some(Heard { text, used }) = self.heard(asked).await else { return Ok(()) };
        let bill = (used, offer.catalogue.settings.limits.org_period());
        let label = Describe { summary: Some(labelled(&text)), ..Describe::default() };
        self.describe(label, bill, is_meant).await
    }
}
