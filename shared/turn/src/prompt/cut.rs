//! Results of tools, cut to what one of them may take of the window.

use std::{borrow::Cow, sync::Arc};

use chat::{
    message::Message,
    part::{Part, ToolResult},
};
use serde_json::Value;

/// Whatever the window.
const FLOOR_BYTES: usize = 16 * 1024;
/// Where the window is not known.
const UNKNOWN_BYTES: usize = 64 * 1024;
/// What the sentence about what is left out may take.
const MARKER_BYTES: usize = 256;
/// From here down, a sentence would leave too little else.
const TOO_SMALL_BYTES: usize = 512;

/// Returns how many bytes one result may have for a model with such a window: a third of it, at three bytes a token.
#[must_use]
pub fn budget_bytes(context_limit_tokens: u64) -> usize {
    match usize::try_from(context_limit_tokens) {
        Ok(0) => UNKNOWN_BYTES,
        Ok(tokens) => (tokens / 3).saturating_mul(3).max(FLOOR_BYTES),
        Err(_) => usize::MAX,
    }
}

/// Returns a message whose results are within the budget; the same one, where they are already.
#[must_use]
pub fn message(message: &Arc<Message>, budget_bytes: usize) -> Arc<Message> {
    let is_over = |result: &ToolResult| crate::size::value_bytes(&result.result) > budget_bytes;
    if !message.results().any(is_over) {
        return Arc::clone(message);
    }
    let mut cut = Message::clone(message);
    for stored in &mut cut.content {
        if let Part::ToolResult(result) = &mut stored.part
            && is_over(result)
        {
            result.result = Value::String(self::value(&result.result, budget_bytes));
        }
    }
    Arc::new(cut)
}

fn value(value: &Value, budget_bytes: usize) -> String {
    let text = value.as_str().map_or_else(|| Cow::Owned(value.to_string()), Cow::Borrowed);
    self::text(&text, budget_bytes)
}

/// Returns a text of at most `budget_bytes`: its first two thirds and its last third, and between them how much is
/// left out.
#[must_use]
pub fn text(text: &str, budget_bytes: usize) -> String {
    if text.len() <= budget_bytes {
        return text.to_owned();
    }
    if budget_bytes <= TOO_SMALL_BYTES {
        return text.split_at(text.floor_char_boundary(budget_bytes)).0.to_owned();
    }
    let kept = budget_bytes - MARKER_BYTES;
    let (head, rest) = text.split_at(text.floor_char_boundary(kept * 2 / 3));
    let (left_out, tail) = rest.split_at(rest.ceil_char_boundary(rest.len() - kept / 3));
    format!(
        "{head}\n\n[{} bytes were left out here; ask for less, or for this part alone]\n\n{tail}",
        left_out.len()
    )
}
