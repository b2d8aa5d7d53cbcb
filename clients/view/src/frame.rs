//! Frames as they arrive: what is known of them, and what only a newer server would know.

use chat::{event::Event, id::ChatId};
use serde::Deserialize;
use serde_json::Value;

/// One entry of a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// An event on a chat.
    Event(Box<Event>),
    /// An event on a chat, of a type or shape that is not known here.
    Unknown(Envelope),
    /// An action was refused.
    Refused(Refused),
    /// Anything that is not about the state of one chat: watched chats, answers to actions.
    Other(Value),
}

/// What every event on a chat carries, known or not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Envelope {
    /// The chat.
    pub chat_id: ChatId,
    /// The transition that it belongs to.
    pub snapshot_version: u64,
    /// Whether more events of the same transition follow.
    #[serde(default)]
    pub more: bool,
    /// Whether it brings a subscriber up to date.
    #[serde(default)]
    pub catch_up: bool,
}

/// A refused action.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Refused {
    /// Which.
    #[serde(default)]
    pub action: String,
    /// Why, for programs.
    pub code: String,
    /// Why, for people.
    pub message: String,
    /// The chat that it was about.
    #[serde(default)]
    pub chat_id: Option<ChatId>,
}

/// Reads a frame: an array of events, or a single one.
///
/// # Errors
/// The frame is not JSON.
pub fn decode(frame: &str) -> Result<Vec<Incoming>, serde_json::Error> {
    let entries = match serde_json::from_str(frame)? {
        Value::Array(entries) => entries,
        single @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            vec![single]
        }
    };
    Ok(entries.into_iter().map(read).collect())
}

fn read(entry: Value) -> Incoming {
    if entry.get("type").and_then(Value::as_str) == Some("refused")
        && let Ok(refused) = Refused::deserialize(&entry)
    {
        return Incoming::Refused(refused);
    }
    match Event::deserialize(&entry) {
        // Watchers hear of calls in any chat, without a version.
        Ok(event) if event.is_versioned() => Incoming::Event(Box::new(event)),
        Ok(_) | Err(_) => Envelope::deserialize(&entry).map_or(Incoming::Other(entry), Incoming::Unknown),
    }
}

trait Versioned {
    fn is_versioned(&self) -> bool;
}

impl Versioned for Event {
    fn is_versioned(&self) -> bool {
        use chat::event::Body;
        match &self.body {
            Body::MessagePart { .. } | Body::CaughtUp { .. } => true,
            Body::Message { .. }
            | Body::Status { .. }
            | Body::QueueUpdate { .. }
            | Body::Error { .. }
            | Body::Retry { .. }
            | Body::ActionRequired { .. }
            | Body::HistoryReset { .. }
            | Body::PreviewReset {}
            | Body::Chat { .. } => self.snapshot_version.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn unknown_fields_are_tolerated() {
        let frame = format!(
            r#"[{{"type":"status","chat_id":"{CHAT}","snapshot_version":3,"status":"running","mood":1}}]"#
        );
        assert!(matches!(decode(&frame).unwrap().as_slice(), [Incoming::Event(_)]));
    }

    #[test]
    fn an_unknown_type_keeps_its_version() {
        let frame = format!(r#"[{{"type":"aurora","chat_id":"{CHAT}","snapshot_version":3}}]"#);
        let [Incoming::Unknown(envelope)] = &decode(&frame).unwrap()[..] else { panic!("not unknown") };
        assert_eq!((envelope.snapshot_version, envelope.more), (3, false));
    }

    #[test]
    fn answers_to_actions_are_told_apart() {
        let refused = r#"{"type":"refused","action":"subscribe","code":"not_found","message":"no"}"#;
        assert!(matches!(decode(refused).unwrap().as_slice(), [Incoming::Refused(_)]));
        assert!(matches!(decode(r#"[{"type":"watching"}]"#).unwrap().as_slice(), [Incoming::Other(_)]));
    }

    #[test]
    fn a_watched_call_is_not_an_event_of_the_chat() {
        let frame = format!(r#"[{{"type":"action_required","chat_id":"{CHAT}","tool_calls":[]}}]"#);
        assert!(matches!(decode(&frame).unwrap().as_slice(), [Incoming::Other(_)]));
    }

    #[test]
    fn parts_carry_their_episode() {
        let frame = format!(
            r#"[{{"type":"message_part","chat_id":"{CHAT}","history_version":2,"generation_attempt":1,
                "seq":1,"role":"assistant","part":{{"type":"text","text":"a"}}}}]"#
        );
        assert!(matches!(decode(&frame).unwrap().as_slice(), [Incoming::Event(_)]));
    }
}
