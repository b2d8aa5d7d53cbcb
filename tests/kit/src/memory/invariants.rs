//! What every write must hold, whoever makes it.

use chat::{Change, id::CallId, message::Role, record::Chat};
use serde::Serialize;

use super::tables::Tables;

/// Bytes that an item of `DynamoDB` may have.
const ITEM_BYTES: usize = 400 * 1024;
/// Bytes of a message; it may be kept in several items.
const MESSAGE_BYTES: usize = 3 * 1024 * 1024;

/// Panics on a change that no transition makes.
pub(super) fn check_change(tables: &Tables, change: &Change) {
    let chat = &change.chat;
    assert!(chat.versions.snapshot > change.expected, "a change raises the version: {change:?}");
    for message in &change.messages {
        assert!(message.id < chat.next_message_id, "message {} is beyond the next id", message.id);
        assert!(size_of(message) < MESSAGE_BYTES, "message {} is too large", message.id);
    }
    change.queue_put.iter().for_each(|item| assert!(size_of(item) < ITEM_BYTES, "too large: {}", item.id));
    change.calls_put.iter().for_each(|item| {
        assert!(size_of(item) < ITEM_BYTES, "too large: {}", item.call.tool_call_id);
    });
    let written = tables.chats.get(&chat.id).map(|partition| &partition.messages);
    let is_current = written.is_none()
        || tables.snapshot(chat.id).is_some_and(|held| held.chat.versions.snapshot == change.expected);
    let again = change.messages.iter().find(|m| written.is_some_and(|written| written.contains_key(&m.id)));
    assert!(!is_current || again.is_none(), "a message id is used twice: {again:?}");
}

/// Panics unless every call in the visible history has exactly one result or is open.
pub(super) fn check_history(tables: &Tables, chat: &Chat) {
    if chat.deleted {
        return;
    }
    let visible = tables.visible(chat);
    assert_eq!(visible.len() as u64, chat.spans.len(), "spans name messages that are not there");
    let mut open: Vec<CallId> = Vec::new();
    for message in &visible {
        for result in message.results() {
            let index = open.iter().position(|id| *id == result.tool_call_id);
            assert!(index.is_some(), "result without a call: {} in {}", result.tool_call_id, message.id);
            index.into_iter().for_each(|index| drop(open.remove(index)));
        }
        assert!(message.role != Role::User || open.is_empty(), "{} speaks while calls are open", message.id);
        open.extend(message.calls().map(|call| call.tool_call_id.clone()));
    }
    let known: Vec<_> = chat.calls.iter().map(|call| call.id.clone()).collect();
    assert_eq!(open, known, "calls without a result, in history and on the chat, of {}", chat.id);
}

fn size_of(item: &impl Serialize) -> usize {
    serde_json::to_vec(item).map_or(usize::MAX, |json| json.len())
}
