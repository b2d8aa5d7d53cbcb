//! What a subscription gathers until it has caught up.

use chat::{
    cursor::{Cursor, Episode},
    event::{Body, Event},
};

/// What has arrived since `subscribe`, to be applied at once with `caught_up`.
#[derive(Clone, Debug, Default)]
pub(crate) struct CatchUp {
    sent: Cursor,
    events: Vec<Event>,
    ends_preview: bool,
    resent: Option<Episode>,
    version: u64,
    ignored_version: u64,
    ignored_part: (Episode, u64),
    in_doubt: bool,
}

impl From<Cursor> for CatchUp {
    fn from(sent: Cursor) -> Self {
        Self { sent, ..Self::default() }
    }
}

impl CatchUp {
    /// Keeps an event; those of an older consistent state than the newest make room for it.
    pub(crate) fn gather(&mut self, event: Event) {
        let version = event.snapshot_version.unwrap_or(self.version);
        if version < self.version {
            return;
        }
        if version > self.version {
            self.events.clear();
            self.version = version;
        }
        self.events.push(event);
    }

    /// Returns whether it shows a state, and not only parts.
    pub(crate) fn has_state(&self) -> bool {
        self.events.iter().any(|event| event.snapshot_version.is_some())
    }

    /// Takes out what was gathered, in order.
    pub(crate) fn take(&mut self) -> Vec<Event> {
        let events = std::mem::take(&mut self.events);
        for event in &events {
            match &event.body {
                Body::Message { .. } | Body::HistoryReset { .. } | Body::PreviewReset {} => {
                    self.ends_preview = true;
                }
                Body::MessagePart { episode, .. } => self.resent = Some(*episode),
                Body::Status { .. }
                | Body::QueueUpdate { .. }
                | Body::Error { .. }
                | Body::Retry { .. }
                | Body::ActionRequired { .. }
                | Body::Chat { .. }
                | Body::CaughtUp { .. } => {}
            }
        }
        events
    }

    /// Returns the episode that the client had heard parts of and that the state, once taken, showed ended.
    pub(crate) fn ended_episode(&self) -> Option<Episode> {
        let sent = self.sent.episode();
        (self.ends_preview && self.sent.seq > 0 && self.resent != Some(sent)).then_some(sent)
    }

    /// Notes a live state event that did not follow the cursor.
    pub(crate) fn ignore_state(&mut self, version: u64) {
        self.ignored_version = self.ignored_version.max(version);
    }

    /// Notes a part that did not follow the cursor.
    pub(crate) fn ignore_part(&mut self, episode: Episode, seq: u64) {
        self.ignored_part = self.ignored_part.max((episode, seq));
    }

    /// Notes that only the server can say what the preview is.
    pub(crate) const fn doubt(&mut self) {
        self.in_doubt = true;
    }

    /// Notes the gathered parts as ignored: the client is ahead of the state that they belong to.
    pub(crate) fn ignore_gathered(&mut self) {
        for event in self.take() {
            if let Body::MessagePart { episode, seq, .. } = event.body {
                self.ignore_part(episode, seq);
            }
        }
    }

    /// Returns whether something was ignored that the client, at `cursor`, still lacks.
    pub(crate) fn left_behind(&self, cursor: &Cursor, retired: Episode) -> bool {
        let (episode, _) = self.ignored_part;
        let part_lacks = self.ignored_part > (cursor.episode(), cursor.seq) && episode > retired;
        self.in_doubt || self.ignored_version > cursor.snapshot_version || part_lacks
    }
}
