//! What is too long, cut in its middle.

use std::borrow::Cow;

use serde_json::Value;

use super::ToolResult;

/// What the sentence about what is left out may take.
const MARKER_BYTES: usize = 256;
/// From here down, a sentence would leave too little else.
const TOO_SMALL_BYTES: usize = 512;

impl ToolResult {
    /// Returns how many bytes it takes: a text as it is, anything else as JSON.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.result.as_str().map_or_else(|| self.result.to_string().len(), str::len)
    }

    /// Returns it with at most `budget_bytes`; what is too long becomes a text.
    #[must_use]
    pub fn within(self, budget_bytes: usize) -> Self {
        if self.bytes() <= budget_bytes {
            return self;
        }
        let text = self.result.as_str().map_or_else(|| Cow::Owned(self.result.to_string()), Cow::Borrowed);
        let result = Value::String(cut(&text, budget_bytes));
        Self { result, ..self }
    }
}

/// Returns a text of at most `budget_bytes`: its first two thirds and its last third, and between them how much is
/// left out.
#[must_use]
pub fn cut(text: &str, budget_bytes: usize) -> String {
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
