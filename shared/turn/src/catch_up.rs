//! How a subscriber is brought up to date, from its cursor alone.

use chat::{
    cursor::{Cursor, Episode},
    draft::pending_view,
    event::{Body, Event},
    id::{ChatId, MessageId},
    part::Delta,
    port::{Order, ReadChats, ReadHistory, ReadParts, Unavailable},
    record::{Chat, Snapshot, Status},
    view::ChatView,
};

use crate::history::visible;

/// Messages read at a time: what fits into a function's memory whatever they hold.
const PAGE: usize = 50;

/// What a subscriber lacks, batch by batch; the last batch ends with `caught_up`.
pub struct CatchUp<'a, P> {
    ports: &'a P,
    snapshot: Snapshot,
    cursor: Cursor,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Reset,
    Messages { from: MessageId },
    State,
    Parts,
    Done,
}

/// Begins to bring a subscriber up to date; none when there is no such chat.
///
/// The subscriber must be listening already, so that no part falls between what is read and what is pushed.
///
/// # Errors
/// The store.
pub async fn catch_up<P: ReadChats + ReadHistory + ReadParts>(
    ports: &P,
    chat_id: ChatId,
    cursor: Option<Cursor>,
) -> Result<Option<CatchUp<'_, P>>, Unavailable> {
    let snapshot = ports.snapshot(chat_id).await?;
    Ok(snapshot.map(|snapshot| CatchUp {
        ports,
        snapshot,
        cursor: cursor.unwrap_or_default(),
        stage: Stage::Reset,
    }))
}

impl<P: ReadChats + ReadHistory + ReadParts> CatchUp<'_, P> {
    /// Returns the chat that is shown.
    #[must_use]
    pub const fn chat(&self) -> &Chat {
        &self.snapshot.chat
    }

    /// Returns the next batch; none after the one that ends with `caught_up`.
    ///
    /// # Errors
    /// The store; the subscriber subscribes again.
    pub async fn next(&mut self) -> Result<Option<Vec<Event>>, Unavailable> {
        match self.stage {
            Stage::Reset => self.reset().await.map(Some),
            Stage::Messages { from } => self.messages(from).await.map(Some),
            Stage::State => Ok(Some(self.state())),
            Stage::Parts => self.parts().await.map(Some),
            Stage::Done => Ok(None),
        }
    }

    async fn reset(&mut self) -> Result<Vec<Event>, Unavailable> {
        let known = self.cursor.snapshot_version;
        if known >= self.snapshot.chat.versions.snapshot {
            self.stage = Stage::Parts;
            return Ok(Vec::new());
        }
        let from = self.first_unknown().await?;
        self.stage = from.map_or(Stage::State, |from| Stage::Messages { from });
        let spans = &self.snapshot.chat.spans;
        // Who says that he knows nothing may know something by now: an answer to an earlier subscription may have
        // reached him since, and shown him what was edited away.
        let stale = if known == 0 { spans.first_cut() } else { spans.stale_from(known) };
        let reset = stale.map(|from_message_id| self.event(Body::HistoryReset { from_message_id }));
        Ok(reset.into_iter().collect())
    }

    /// Returns the first visible message that is newer than the cursor.
    async fn first_unknown(&self) -> Result<Option<MessageId>, Unavailable> {
        let chat = &self.snapshot.chat;
        let known = self.cursor.snapshot_version;
        if known == 0 {
            return Ok(chat.spans.0.first().map(|span| span.first));
        }
        let (mut first, mut last) = (None, MessageId(u64::MAX));
        loop {
            let (page, more) =
                visible(self.ports, chat, (MessageId(1), last), Order::Descending, PAGE).await?;
            for message in page {
                if message.revision <= known {
                    return Ok(first);
                }
                last = MessageId(message.id.0 - 1);
                first = Some(message.id);
            }
            if !more {
                return Ok(first);
            }
        }
    }

    async fn messages(&mut self, from: MessageId) -> Result<Vec<Event>, Unavailable> {
        let chat = &self.snapshot.chat;
        let everything = (from, MessageId(u64::MAX));
        let (page, more) = visible(self.ports, chat, everything, Order::Ascending, PAGE).await?;
        let events = page
            .iter()
            .filter_map(|message| message.view(chat.id))
            .map(|view| self.event(Body::Message { message: Box::new(view) }))
            .collect();
        self.stage = match page.last() {
            Some(last) if more => Stage::Messages { from: last.id.next() },
            Some(_) | None => Stage::State,
        };
        Ok(events)
    }

    /// Everything but history, whole: it is small, and whole it needs no memory of what was sent before.
    fn state(&mut self) -> Vec<Event> {
        let Snapshot { chat, queue, ledger } = &self.snapshot;
        let queued_messages = queue.iter().map(|queued| queued.view(chat.id)).collect();
        let mut bodies = vec![
            Body::QueueUpdate { queued_messages },
            Body::Chat { chat: Box::new(ChatView::from(chat)) },
            Body::Status { status: chat.status },
        ];
        bodies.extend(chat.last_error.clone().map(|error| Body::Error { error }));
        bodies.extend(chat.retry.clone().map(|retry| Body::Retry { retry }));
        if chat.status == Status::RequiresAction {
            bodies.push(Body::ActionRequired { tool_calls: pending_view(Some(chat), ledger) });
        }
        if shown(chat) != Some(self.cursor.episode()) {
            bodies.push(Body::PreviewReset {});
        }
        let events = bodies.into_iter().map(|body| self.event(body)).collect();
        self.stage = Stage::Parts;
        events
    }

    async fn parts(&mut self) -> Result<Vec<Event>, Unavailable> {
        let chat = &self.snapshot.chat;
        let episode = chat.last_episode();
        let logged = match episode.generation_attempt {
            0 if chat.output_episode().is_none() => Vec::new(),
            _ => self.ports.parts(chat.id, episode).await?,
        };
        let seq = logged.last().map_or(0, |(seq, _)| *seq);
        let lacking = match shown(chat) {
            Some(running) => self.lacking(running, logged),
            // The call is over: what it streamed is void or in history. The cursor says how far it came, so
            // that a late push of it is not taken for news.
            None => Vec::new(),
        };
        let cursor = Cursor {
            snapshot_version: chat.versions.snapshot,
            history_version: episode.history_version,
            generation_attempt: episode.generation_attempt,
            seq,
        };
        self.stage = Stage::Done;
        Ok(lacking.into_iter().chain([self.event(Body::CaughtUp { cursor })]).collect())
    }

    fn lacking(&self, running: Episode, logged: Vec<(u64, Delta)>) -> Vec<Event> {
        let known = if self.cursor.episode() == running { self.cursor.seq } else { 0 };
        let news = logged.into_iter().filter(|(seq, _)| *seq > known);
        news.map(|(seq, part)| Event { catch_up: true, ..Event::part(self.chat().id, running, seq, part) })
            .collect()
    }

    fn event(&self, body: Body) -> Event {
        let chat = &self.snapshot.chat;
        Event { catch_up: true, ..Event::state(chat.id, chat.versions.snapshot, body) }
    }
}

/// Returns what unfinished parts a client shows: a model's, or those of calls that run elsewhere.
fn shown(chat: &Chat) -> Option<Episode> {
    chat.episode().or_else(|| chat.output_episode())
}
