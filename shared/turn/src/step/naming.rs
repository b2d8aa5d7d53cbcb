//! The chat's title, beside its first turn: nobody waits for it, and nothing is lost without it.

use std::time::Duration;

use chat::{
    Draft,
    catalogue::Editions,
    model::{ModelError, ModelEvent, ModelRequest},
    part::{Delta, StoredPart},
    port::{Answer, AskModel, HoldWake, Unavailable},
    record::Snapshot,
    transition::{Describe, Refusal, Transition},
    wake::{Due, Reason},
};

use super::{
    Step, StepPorts,
    compacting::{Work, text_of},
};
use crate::{
    announce::announce_in_order,
    money::spent_out,
    output::Output,
    settle::{Settled, settle},
    title::{request, titled, unnamed},
};

/// How long a model may take for it.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of an answer that may still be a title.
const ANSWER_BYTES: usize = 4 * 1024;

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Has another step name the chat, where a model is set for that. If the wake is lost, the first line stays.
    pub(super) async fn have_named(&self, work: &Work<'_>) {
        let Work { chat, history, asked, .. } = work;
        let named_by = asked.offer.catalogue.settings.model_overrides.title;
        let is_first = chat.versions.generation_attempt == 1;
        if !is_first || unnamed(chat, history).is_none() || asked.instead(named_by).is_none() {
            return;
        }
        let due = Due { reason: Reason::Title, delay_ms: 0, group: chat.owner_id };
        if let Err(error) = self.worker.ports.send(chat.id, due).await {
            tracing::warn!(%error, "nobody was asked for a title");
        }
    }

    /// Names the chat.
    pub(super) async fn name(
        &self,
        snapshot: Snapshot,
        editions: Option<Editions>,
    ) -> Result<(), Unavailable> {
        let (ports, chat) = (&self.worker.ports, snapshot.chat);
        let Some(editions) = editions.filter(|_| !chat.archived) else { return Ok(()) };
        let Ok(asked) = self.asked(&chat, editions).await? else { return Ok(()) };
        let settings = &asked.offer.catalogue.settings;
        if spent_out(ports, &chat, &settings.limits, self.now()).await?.is_some() {
            return Ok(());
        }
        let Some(asked) = asked.instead(settings.model_overrides.title) else { return Ok(()) };
        let history = self.worker.recent.history(ports, &chat).await?;
        let Some(first) = unnamed(&chat, &history) else { return Ok(()) };
        let request = request(&chat, &asked, first, self.now());
        let said = tokio::time::timeout(PATIENCE, self.said(request)).await;
        match said.map(|said| said.map(|said| titled(&said))) {
            Ok(Ok(Some(title))) => self.rename(&chat.title, title).await,
            Ok(Ok(None)) => Ok(()),
            Ok(Err(error)) => {
                tracing::warn!(%error, "no title");
                Ok(())
            }
            Err(_) => {
                tracing::warn!("no title in time");
                Ok(())
            }
        }
    }

    /// Returns all that the model says.
    async fn said(&self, request: ModelRequest) -> Result<String, ModelError> {
        let mut answer = self.worker.model.ask(request).await?;
        let (mut output, mut size_bytes) = (Output::default(), 0);
        while let Some(event) = answer.next().await {
            match event? {
                ModelEvent::Delta(delta) => size_bytes += Delta::size_bytes(&delta),
                ModelEvent::Part(part) => output.part(part, self.now()),
                ModelEvent::Finish { .. } => break,
            }
            if size_bytes > ANSWER_BYTES {
                break;
            }
        }
        let parts: Vec<StoredPart> = output.finished();
        Ok(text_of(parts))
    }

    /// Gives the chat its title, unless it was given another meanwhile.
    async fn rename(&self, before: &str, title: String) -> Result<(), Unavailable> {
        let decide = |draft: Draft| {
            if draft.chat().is_none_or(|chat| chat.title != before) {
                return Err(Refusal::Overtaken);
            }
            draft.apply(Transition::Describe(Describe { title: Some(title.clone()), ..Describe::default() }))
        };
        match settle(&self.worker.ports, self.wake.chat_id, decide).await? {
            Settled::Done(change) => announce_in_order(&self.worker.ports, &change, Vec::new()).await,
            Settled::Interrupted | Settled::Overtaken => Ok(()),
        }
    }
}
