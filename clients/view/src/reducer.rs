//! The cursor's rules.

mod adopt;

use chat::{
    cursor::{Cursor, Episode},
    event::{Body, Event},
    id::{ChatId, MessageId},
    message::{MessageView, QueuedView},
    part::{Delta, push_delta},
};

use crate::{catch_up::CatchUp, content::Content, frame::Envelope};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// It counts; the view may show something new.
    Applied,
    /// It is known already, of no concern, or part of what `caught_up` will bring.
    Ignored,
    /// Something is missing: subscribe again with [`View::cursor`], and say so with [`View::subscribing`].
    Resubscribe,
}

/// A chat as one client sees it.
#[derive(Clone, Debug)]
pub struct View {
    chat_id: ChatId,
    content: Content,
    preview: Vec<Delta>,
    cursor: Cursor,
    /// Parts up to here can never count again.
    retired: Episode,
    /// Whether a reset took the preview of the cursor's own episode: whether that episode ended or was heard
    /// of early is not known.
    voided: bool,
    /// Events of the version after the cursor's, which its last event will complete.
    group: Vec<Body>,
    catch_up: Option<CatchUp>,
}

impl View {
    /// Returns a view that has heard nothing of the chat.
    #[must_use]
    pub fn new(chat_id: ChatId) -> Self {
        Self {
            chat_id,
            content: Content::default(),
            preview: Vec::new(),
            cursor: Cursor::default(),
            retired: Episode::default(),
            voided: false,
            group: Vec::new(),
            catch_up: None,
        }
    }

    /// Returns the chat that it shows.
    #[must_use]
    pub const fn chat_id(&self) -> ChatId {
        self.chat_id
    }

    /// Returns what the chat shows, apart from what streams.
    #[must_use]
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// Returns what streamed of the unfinished answer, joined into parts.
    #[must_use]
    pub fn preview(&self) -> &[Delta] {
        &self.preview
    }

    /// Returns the cursor to subscribe with; none before anything was heard.
    #[must_use]
    pub fn cursor(&self) -> Option<Cursor> {
        (self.cursor.snapshot_version > 0).then_some(self.cursor)
    }

    /// Returns whether a subscription has yet to catch up.
    #[must_use]
    pub const fn is_catching_up(&self) -> bool {
        self.catch_up.is_some()
    }

    /// Notes that `subscribe` is being sent. The last one counts.
    ///
    /// A client that has heard a part of an answer and no more of it for too long subscribes on another socket: on the
    /// same one, the rest of that answer could not be told from the next one.
    pub fn subscribing(&mut self) {
        self.catch_up = Some(CatchUp::from(self.cursor));
    }

    /// Returns the messages whose content was too large for a frame.
    #[must_use]
    pub fn missing_content(&self) -> Vec<MessageId> {
        let omitted = self.content.history.values().filter(|message| message.content_omitted);
        omitted.map(|message| message.id).collect()
    }

    /// Returns whether the queue's content was too large for a frame.
    #[must_use]
    pub fn misses_queue(&self) -> bool {
        self.content.queue.iter().any(|queued| queued.content_omitted)
    }

    /// Fills in a message that came over HTTP, where its content is missing.
    pub fn fill(&mut self, message: MessageView) {
        if let Some(held) = self.content.history.get_mut(&message.id)
            && held.content_omitted
            && held.revision == message.revision
        {
            *held = message;
        }
    }

    /// Fills in queued messages that came over HTTP, where their content is missing.
    pub fn fill_queue(&mut self, queued: Vec<QueuedView>) {
        for message in queued {
            let held = self.content.queue.iter_mut().find(|held| held.id == message.id);
            if let Some(held) = held.filter(|held| held.content_omitted) {
                *held = message;
            }
        }
    }

    /// Takes an event in.
    pub fn apply(&mut self, event: Event) -> Verdict {
        if event.chat_id != self.chat_id {
            return Verdict::Ignored;
        }
        match event {
            Event { body: Body::CaughtUp { cursor }, .. } => self.caught_up(cursor),
            Event { catch_up: true, .. } => self.gather(event),
            Event { body: Body::MessagePart { episode, seq, part, .. }, .. } => {
                self.hear_part(episode, seq, part)
            }
            Event { snapshot_version: Some(version), more, body, .. } => {
                self.hear_state(version, more, Some(body))
            }
            Event { snapshot_version: None, .. } => Verdict::Ignored,
        }
    }

    /// Takes in an event whose type is not known: it changes nothing, but its version counts.
    pub fn pass(&mut self, envelope: &Envelope) -> Verdict {
        if envelope.chat_id != self.chat_id || envelope.catch_up {
            return Verdict::Ignored;
        }
        self.hear_state(envelope.snapshot_version, envelope.more, None)
    }

    fn gather(&mut self, event: Event) -> Verdict {
        if let Some(catch_up) = &mut self.catch_up {
            catch_up.gather(event);
        }
        Verdict::Ignored
    }

    fn hear_state(&mut self, version: u64, more: bool, body: Option<Body>) -> Verdict {
        let own = self.cursor.snapshot_version;
        if version <= own {
            return Verdict::Ignored;
        }
        if version > own + 1 {
            return self.lack(|catch_up| catch_up.ignore_state(version));
        }
        self.group.extend(body);
        if more {
            return Verdict::Applied;
        }
        self.commit(version)
    }

    /// Applies a complete transition.
    fn commit(&mut self, version: u64) -> Verdict {
        let bodies = std::mem::take(&mut self.group);
        // A new attempt is announced by a reset and nothing else. With a preview on screen, either that
        // attempt's parts overtook the announcement or an attempt died unheard.
        let in_doubt = matches!(bodies.as_slice(), [Body::PreviewReset {}]) && !self.preview.is_empty();
        self.cursor.snapshot_version = version;
        bodies.into_iter().for_each(|body| self.tell(version, body));
        if in_doubt { self.lack(CatchUp::doubt) } else { Verdict::Applied }
    }

    fn tell(&mut self, version: u64, body: Body) {
        match &body {
            Body::Message { .. } | Body::HistoryReset { .. } => {
                self.preview.clear();
                self.content.retry = None;
                // Every later episode answers a history of this version or a later one.
                let ended =
                    Episode { history_version: version.saturating_sub(1), generation_attempt: u32::MAX };
                self.retired = self.retired.max(ended);
            }
            Body::PreviewReset {} => {
                self.end_preview();
                self.content.retry = None;
            }
            Body::Status { .. }
            | Body::QueueUpdate { .. }
            | Body::Error { .. }
            | Body::Retry { .. }
            | Body::ActionRequired { .. }
            | Body::Chat { .. }
            | Body::MessagePart { .. }
            | Body::CaughtUp { .. } => {}
        }
        self.content.tell(body);
    }

    fn hear_part(&mut self, episode: Episode, seq: u64, part: Delta) -> Verdict {
        let current = self.cursor.episode();
        let known = episode == current && seq <= self.cursor.seq;
        if episode <= self.retired || known {
            return Verdict::Ignored;
        }
        let next = episode == current && !self.voided && seq == self.cursor.seq + 1;
        let newer = episode > current && seq == 1 && episode.history_version <= self.cursor.snapshot_version;
        // At rest nothing streams: such a part is late, or its turn has not been heard of yet.
        if !self.content.streams() || !(next || newer) {
            return self.lack(|catch_up| catch_up.ignore_part(episode, seq));
        }
        self.push(episode, seq, part);
        Verdict::Applied
    }

    fn push(&mut self, episode: Episode, seq: u64, part: Delta) {
        if episode != self.cursor.episode() {
            self.preview.clear();
        }
        self.voided = false;
        self.cursor.history_version = episode.history_version;
        self.cursor.generation_attempt = episode.generation_attempt;
        self.cursor.seq = seq;
        push_delta(&mut self.preview, part);
    }

    /// Something is missing: the subscription that is on its way will bring it, or another must.
    fn lack(&mut self, note: impl FnOnce(&mut CatchUp)) -> Verdict {
        let Some(catch_up) = &mut self.catch_up else { return Verdict::Resubscribe };
        note(catch_up);
        Verdict::Ignored
    }

    fn end_preview(&mut self) {
        self.preview.clear();
        self.cursor.seq = 0;
        self.voided = true;
    }
}
