//! The chat's title, beside its first turn.

use chat::{
    catalogue::Editions,
    port::{AskModel, HoldWake, Unavailable},
    record::{Chat, Snapshot},
    transition::Describe,
    wake::Reason,
};

use super::{Step, StepPorts, compacting::Work};
use crate::{
    aside::Heard,
    title::{namer, request, titled, unnamed},
};

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Has another step name the chat, where nobody has and the model has said nothing yet. Else its first line stays.
    pub(super) async fn have_named(&self, work: &Work<'_>) {
        let Work { chat, history, asked, .. } = work;
        let is_first = chat.versions.generation_attempt == 1 && chat.last_answer_id.is_none();
        if is_first && unnamed(chat, history).is_some() && namer(chat, &asked.offer).is_ok() {
            self.leave_to_another(chat, Reason::Title).await;
        }
    }

    /// Names the chat.
    pub(super) async fn name(
        &self,
        snapshot: Snapshot,
        editions: Option<Editions>,
    ) -> Result<(), Unavailable> {
        let chat = snapshot.chat;
        if !chat.derived_title {
            return Ok(());
        }
        let Some(offer) = self.may_ask(&chat, editions).await? else { return Ok(()) };
        let Ok(asked) = namer(&chat, &offer) else { return Ok(()) };
        let history = self.worker.recent.history(&self.worker.ports, &chat).await?;
        let Some(first) = unnamed(&chat, &history) else { return Ok(()) };
        let heard = self.heard(request(&chat, &asked, first, self.now())).await;
        let Some(Heard { text, used }) = heard else { return Ok(()) };
        let title = titled(&text);
        let bill = (used, offer.catalogue.settings.limits.org_period());
        // Unless somebody gave it another meanwhile.
        let is_meant = |chat: &Chat| chat.derived_title && title.is_some();
        self.describe(Describe { title: title.clone(), ..Describe::default() }, bill, is_meant).await
    }
}
