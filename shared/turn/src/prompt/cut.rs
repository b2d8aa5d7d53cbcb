//! Results of tools, cut to what one of them may take of the window.

use std::sync::Arc;

use chat::{
    message::Message,
    part::{Part, ToolResult},
};

/// Whatever the window.
const FLOOR_BYTES: usize = 16 * 1024;
/// Where the window is not known.
const UNKNOWN_BYTES: usize = 64 * 1024;
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
    let is_over = |result: &ToolResult| result.bytes() > budget_bytes;
    if !message.results().any(is_over) {
        return Arc::clone(message);
    }
    let mut cut = Message::clone(message);
    for stored in &mut cut.content {
        if let Part::ToolResult(result) = &mut stored.part
            && is_over(result)
        {
            *result = result.clone().within(budget_bytes);
        }
    }
    Arc::new(cut)
}
