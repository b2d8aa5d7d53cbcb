//! Calls and results in pairs, as providers insist on them.

use std::{collections::BTreeMap, sync::Arc};

use chat::{
    id::CallId,
    message::{Message, Role},
    part::{Part, StoredPart, ToolResult},
};

/// What a call without a result is told to have come to.
const LOST: &str = "the result of this call was lost";

/// Returns history in which every call is followed by exactly one result.
///
/// A result that answers no call, or is a second one, goes, and what is missing is filled in. Providers name calls anew in
/// each message, so that a name that comes again later is another call. Sound history comes back as it is.
#[must_use]
pub fn repair(history: Vec<Arc<Message>>) -> Vec<Arc<Message>> {
    let mut repaired = Vec::with_capacity(history.len());
    let mut open: BTreeMap<CallId, String> = BTreeMap::new();
    for message in history {
        if message.role != Role::Tool {
            close(&mut open, &mut repaired);
        }
        let keeps = |stored: &StoredPart| keeps(stored, message.role, &mut open);
        repaired.extend(kept(&message, keeps));
    }
    close(&mut open, &mut repaired);
    repaired
}

/// Whether a part stays; a call that does is open, until its result comes.
fn keeps(stored: &StoredPart, role: Role, open: &mut BTreeMap<CallId, String>) -> bool {
    if let Some(call) = stored.call() {
        let is_first = role == Role::Assistant && !open.contains_key(&call.tool_call_id);
        if is_first {
            open.insert(call.tool_call_id.clone(), call.tool_name.clone());
        }
        return is_first;
    }
    stored.result().is_none_or(|result| role == Role::Tool && open.remove(&result.tool_call_id).is_some())
}

/// Returns the message with the parts that stay; none where none does.
fn kept(message: &Arc<Message>, keeps: impl FnMut(&StoredPart) -> bool) -> Option<Arc<Message>> {
    let stays: Vec<bool> = message.content.iter().map(keeps).collect();
    if stays.iter().all(|stays| *stays) {
        return Some(Arc::clone(message));
    }
    let parts = message.content.iter().zip(stays).filter(|(_, stays)| *stays);
    let content: Vec<StoredPart> = parts.map(|(stored, _)| stored.clone()).collect();
    (!content.is_empty()).then(|| Arc::new(Message { content, ..Message::clone(message) }))
}

/// Gives what is open its result, in the message of results that follows the call, or in one of its own.
fn close(open: &mut BTreeMap<CallId, String>, repaired: &mut Vec<Arc<Message>>) {
    let lost = std::mem::take(open).into_iter();
    let lost = lost.map(|(id, tool)| Part::ToolResult(ToolResult::synthetic(id, tool, LOST)).into());
    let lost: Vec<StoredPart> = lost.collect();
    let Some(last) = repaired.last_mut().filter(|_| !lost.is_empty()) else { return };
    if last.role == Role::Tool {
        Arc::make_mut(last).content.extend(lost);
    } else {
        let answer = Message { role: Role::Tool, content: lost, usage: None, ..Message::clone(last) };
        repaired.push(Arc::new(answer));
    }
}
