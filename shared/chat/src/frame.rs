//! Frames: what one push to a socket carries, a bare JSON array of events.

use serde::Serialize;

use crate::{
    call::PendingView,
    event::{Body, Event, WatchEvent},
    limit::{FRAME_BYTES, FRAME_MAX_BYTES},
};

/// Packs events into frames: as few as possible, none above [`FRAME_BYTES`] unless one event is, and never
/// one above [`FRAME_MAX_BYTES`].
///
/// A message too large for any frame is sent without its content and marked `content_omitted`: the client
/// fetches it over HTTP.
#[must_use]
pub fn frames(events: &[Event]) -> Vec<String> {
    pack(events.iter().map(rendered))
}

/// Packs anything that serialises, one frame for what belongs together.
#[must_use]
pub fn frames_of<T: Serialize>(events: &[T]) -> Vec<String> {
    pack(events.iter().map(|event| serde_json::to_string(event).unwrap_or_default()))
}

/// Packs what watchers are told, within the same bounds.
#[must_use]
pub fn watch_frames(events: &[WatchEvent]) -> Vec<String> {
    pack(events.iter().map(|event| {
        let text = serde_json::to_string(event).unwrap_or_default();
        if text.len() + 2 <= FRAME_MAX_BYTES { text } else { without_args(event) }
    }))
}

fn without_args(event: &WatchEvent) -> String {
    let mut event = event.clone();
    match &mut event {
        WatchEvent::ActionRequired { tool_calls, .. } => {
            tool_calls.iter_mut().for_each(PendingView::omit_args);
        }
        WatchEvent::ChatCreated { .. }
        | WatchEvent::ChatUpdated { .. }
        | WatchEvent::ChatDeleted { .. }
        | WatchEvent::DiffStatus { .. } => {}
    }
    serde_json::to_string(&event).unwrap_or_default()
}

fn pack(events: impl Iterator<Item = String>) -> Vec<String> {
    let mut frames = Vec::new();
    let mut open = String::new();
    for event in events.filter(|event| !event.is_empty()) {
        if !open.is_empty() && open.len() + event.len() + 2 > FRAME_BYTES {
            open.push(']');
            frames.push(std::mem::take(&mut open));
        }
        open.push(if open.is_empty() { '[' } else { ',' });
        open.push_str(&event);
    }
    if !open.is_empty() {
        open.push(']');
        frames.push(open);
    }
    frames
}

fn rendered(event: &Event) -> String {
    let text = serde_json::to_string(event).unwrap_or_default();
    if text.len() + 2 <= FRAME_MAX_BYTES { text } else { without_content(event) }
}

fn without_content(event: &Event) -> String {
    let mut event = event.clone();
    match &mut event.body {
        Body::Message { message } => {
            message.content = Vec::new();
            message.content_omitted = true;
        }
        Body::QueueUpdate { queued_messages } => {
            for queued in queued_messages {
                queued.content = Vec::new();
                queued.content_omitted = true;
            }
        }
        Body::ActionRequired { tool_calls } => tool_calls.iter_mut().for_each(PendingView::omit_args),
        Body::Status { .. }
        | Body::Error { .. }
        | Body::Retry { .. }
        | Body::HistoryReset { .. }
        | Body::PreviewReset {}
        | Body::Chat { .. }
        | Body::MessagePart { .. }
        | Body::CaughtUp { .. } => {}
    }
    serde_json::to_string(&event).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cursor::Episode,
        id::{ChatId, MessageId},
        message::{NewMessage, Role},
        part::{Delta, Part},
        time::Timestamp,
    };

    fn part(text: String) -> Event {
        let chat = ChatId(uuid::Uuid::nil());
        Event::part(chat, Episode::default(), 1, Delta::Text { text })
    }

    #[test]
    fn small_events_share_a_frame() {
        assert_eq!(frames(&[part("a".into()), part("b".into())]).len(), 1);
        assert!(frames(&[]).is_empty());
    }

    #[test]
    fn frames_stay_small_where_events_allow_it() {
        let events: Vec<Event> = (0..100).map(|_| part("x".repeat(1_000))).collect();
        let frames = frames(&events);
        assert!(frames.iter().all(|frame| frame.len() <= FRAME_BYTES));
        let told: usize =
            frames.iter().map(|frame| serde_json::from_str::<Vec<Event>>(frame).unwrap().len()).sum();
        assert_eq!(told, 100);
    }

    #[test]
    fn a_message_too_large_for_any_frame_is_announced_without_content() {
        let chat = ChatId(uuid::Uuid::nil());
        let text = Part::Text { text: "x".repeat(200_000) };
        let message =
            NewMessage::of(Role::Assistant, vec![text.into()]).placed(MessageId(1), Timestamp(0), 1);
        let body = Body::Message { message: Box::new(message.view(chat).unwrap()) };
        let frames = frames(&[Event::state(chat, 1, body)]);
        assert!(frames[0].len() < 1_000 && frames[0].contains("\"content_omitted\":true"));
    }
}
