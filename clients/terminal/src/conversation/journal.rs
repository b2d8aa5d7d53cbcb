//! What `--json` prints: every event that changed something, once.

use chat::{
    cursor::Episode,
    event::{Body, Event},
};
use view::{Verdict, View};

/// What was printed, as far as a subscription could bring it again.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// What a subscription brought, until it is known that it counts.
    gathered: Vec<Event>,
    /// The last part that was printed since the preview was last void.
    heard: Option<(Episode, u64)>,
    /// Whether anything was ever gathered.
    has_begun: bool,
}

impl Journal {
    /// Forgets what was gathered: another subscription begins.
    pub(super) fn subscribing(&mut self) {
        self.gathered.clear();
    }

    /// Applies an event to the view; returns what to print of it.
    pub(super) fn apply(&mut self, view: &mut View, event: Event) -> (Verdict, Vec<Event>) {
        if let Body::CaughtUp { .. } = event.body {
            let verdict = view.apply(event.clone());
            return (verdict, self.caught_up(view, event, verdict));
        }
        if event.catch_up {
            if self.is_news(view, &event) {
                self.gathered.push(event.clone());
            }
            return (view.apply(event), Vec::new());
        }
        let verdict = view.apply(event.clone());
        let printed = verdict == Verdict::Applied && self.print(&event);
        (verdict, if printed { vec![event] } else { Vec::new() })
    }

    fn caught_up(&mut self, view: &View, event: Event, verdict: Verdict) -> Vec<Event> {
        let gathered = std::mem::take(&mut self.gathered);
        let mut events: Vec<_> =
            gathered.into_iter().filter(|event| shows(view, event) && self.print(event)).collect();
        if verdict == Verdict::Applied && (!events.is_empty() || !self.has_begun) {
            self.has_begun = true;
            events.push(event);
        }
        events
    }

    /// Returns whether it tells more than the view shows.
    fn is_news(&self, view: &View, event: &Event) -> bool {
        let known = view.cursor().map_or(0, |cursor| cursor.snapshot_version);
        if event.snapshot_version.is_some_and(|version| version < known) {
            return false;
        }
        let content = view.content();
        match &event.body {
            Body::Message { message } => {
                content.history.get(&message.id).is_none_or(|held| held.revision < message.revision)
            }
            Body::Status { status } => content.status != Some(*status),
            Body::QueueUpdate { queued_messages } => known == 0 || content.queue != *queued_messages,
            Body::Error { error } => content.error.as_ref() != Some(error),
            Body::Retry { retry } => content.retry.as_ref() != Some(retry),
            Body::ActionRequired { tool_calls } => content.pending != *tool_calls,
            Body::HistoryReset { from_message_id } => {
                content.history.range(from_message_id..).next().is_some()
            }
            Body::PreviewReset {} => self.heard.is_some(),
            Body::Chat { chat } => content.chat.as_ref() != Some(&**chat),
            Body::MessagePart { .. } | Body::CaughtUp { .. } => true,
        }
    }

    /// Takes it for printed; returns false for a part that was printed before.
    fn print(&mut self, event: &Event) -> bool {
        match &event.body {
            Body::MessagePart { episode, seq, .. } => {
                let place = Some((*episode, *seq));
                let is_new = place > self.heard;
                self.heard = place.max(self.heard);
                is_new
            }
            Body::Message { .. } | Body::HistoryReset { .. } | Body::PreviewReset {} => {
                self.heard = None;
                true
            }
            Body::Status { .. }
            | Body::QueueUpdate { .. }
            | Body::Error { .. }
            | Body::Retry { .. }
            | Body::ActionRequired { .. }
            | Body::Chat { .. }
            | Body::CaughtUp { .. } => true,
        }
    }
}

/// Returns whether what was gathered became part of the view.
fn shows(view: &View, event: &Event) -> bool {
    let cursor = view.cursor().unwrap_or_default();
    match &event.body {
        Body::MessagePart { episode, seq, .. } => *episode == cursor.episode() && *seq <= cursor.seq,
        Body::Message { .. }
        | Body::Status { .. }
        | Body::QueueUpdate { .. }
        | Body::Error { .. }
        | Body::Retry { .. }
        | Body::ActionRequired { .. }
        | Body::HistoryReset { .. }
        | Body::PreviewReset {}
        | Body::Chat { .. }
        | Body::CaughtUp { .. } => event.snapshot_version <= Some(cursor.snapshot_version),
    }
}
