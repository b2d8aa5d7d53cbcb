//! What comes over the socket, and what is shown of it.

use chat::event::{Body, Event};
use serde_json::json;
use view::{Incoming, Verdict, decode};

use super::Conversation;
use crate::socket::{Action, Signal};

impl Conversation<'_> {
    pub(super) async fn hear(&mut self, signal: Signal) -> anyhow::Result<()> {
        match signal {
            Signal::Connected => self.subscribe().await,
            Signal::Refused(reason) => anyhow::bail!(reason),
            Signal::Lost(reason) => {
                self.caught_up = false;
                self.patience.ended();
                if let Some(notice) = self.contact.lost(&reason)? {
                    self.output.notice(&notice);
                }
                Ok(())
            }
            Signal::Frame(text) => {
                for entry in decode(&text).unwrap_or_default() {
                    self.take(entry).await?;
                }
                self.requests.fetch_missing(&self.view);
                self.show()
            }
        }
    }

    async fn take(&mut self, entry: Incoming) -> anyhow::Result<()> {
        let verdict = match entry {
            Incoming::Event(event) => self.apply(*event)?,
            Incoming::Unknown(envelope) => self.view.pass(&envelope),
            Incoming::Refused(refused) => {
                self.patience.refused(&refused)?;
                Verdict::Ignored
            }
            Incoming::Other(_) => Verdict::Ignored,
        };
        if verdict == Verdict::Resubscribe { self.subscribe().await } else { Ok(()) }
    }

    fn apply(&mut self, event: Event) -> anyhow::Result<Verdict> {
        let ends = matches!(event.body, Body::CaughtUp { .. });
        let first = self.view.cursor().is_none();
        let (verdict, news) = self.journal.apply(&mut self.view, event);
        if ends && first && self.options.id.is_some() {
            self.printed.skip_all_but(&self.view, self.recall);
        }
        if ends && verdict == Verdict::Applied {
            self.caught_up = true;
            self.patience.ended();
            if let Some(notice) = self.contact.found() {
                self.output.notice(notice);
            }
        }
        if self.options.json {
            for event in news {
                self.output.line(&serde_json::to_string(&event)?)?;
            }
        }
        Ok(verdict)
    }

    pub(super) async fn subscribe(&mut self) -> anyhow::Result<()> {
        let mut action = json!({ "action": "subscribe", "chat_id": self.view.chat_id() });
        if let Some(cursor) = self.view.cursor() {
            action["cursor"] = json!(cursor);
        }
        self.view.subscribing();
        self.journal.subscribing();
        self.caught_up = false;
        self.patience.asked();
        Ok(self.actions.send(Action::Send(action.to_string())).await?)
    }

    pub(super) fn show(&mut self) -> anyhow::Result<()> {
        // Before the first state is whole, it is not known what of it is old.
        if self.options.json || self.view.cursor().is_none() {
            return Ok(());
        }
        let pieces = self.printed.advance(&self.view);
        if !pieces.is_empty() && self.prompted && self.unsaid == 0 {
            self.prompted = false;
        }
        Ok(self.output.print(pieces)?)
    }
}
