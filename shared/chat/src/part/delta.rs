//! Pieces of parts, as they stream.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Part, ToolCall};
use crate::id::CallId;

/// A piece of a part, as it streams. Pieces of one kind follow each other until another kind begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Delta {
    /// More words.
    Text {
        /// The words.
        text: String,
    },
    /// More thought.
    Reasoning {
        /// The thought.
        text: String,
    },
    /// More of a call's arguments.
    ToolCall {
        /// The call.
        tool_call_id: CallId,
        /// The tool.
        tool_name: String,
        /// A fragment of the arguments' JSON text.
        args_delta: String,
    },
    /// More of what a running tool puts out. The result, when it comes, says all that matters of it.
    ToolResult {
        /// The call.
        tool_call_id: CallId,
        /// The tool.
        tool_name: String,
        /// What it put out since the last piece.
        result_delta: String,
    },
    /// A source, whole.
    Source {
        /// The address.
        url: String,
        /// Its title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
}

impl Delta {
    /// Appends `next` to this piece, or gives it back when it belongs to another part.
    ///
    /// # Errors
    /// Gives `next` back when the two are not pieces of one part.
    pub fn merge(&mut self, next: Self) -> Result<(), Self> {
        match (self, next) {
            (Self::Text { text }, Self::Text { text: more })
            | (Self::Reasoning { text }, Self::Reasoning { text: more }) => text.push_str(&more),
            (
                Self::ToolCall { tool_call_id, args_delta, .. },
                Self::ToolCall { tool_call_id: id, args_delta: more, .. },
            ) if *tool_call_id == id => args_delta.push_str(&more),
            (
                Self::ToolResult { tool_call_id, result_delta, .. },
                Self::ToolResult { tool_call_id: id, result_delta: more, .. },
            ) if *tool_call_id == id => result_delta.push_str(&more),
            (
                Self::Text { .. }
                | Self::Reasoning { .. }
                | Self::ToolCall { .. }
                | Self::ToolResult { .. }
                | Self::Source { .. },
                next,
            ) => return Err(next),
        }
        Ok(())
    }

    /// Cuts the piece into pieces of at most `max_bytes` of text each, at least one.
    #[must_use]
    pub fn split(self, max_bytes: usize) -> Vec<Self> {
        if self.size_bytes() <= max_bytes {
            return vec![self];
        }
        let cut = |text: &str, make: &dyn Fn(String) -> Self| chunks(text, max_bytes).map(make).collect();
        match self {
            Self::Text { text } => cut(&text, &|text| Self::Text { text }),
            Self::Reasoning { text } => cut(&text, &|text| Self::Reasoning { text }),
            Self::ToolCall { tool_call_id, tool_name, args_delta } => {
                cut(&args_delta, &|args_delta| Self::ToolCall {
                    tool_call_id: tool_call_id.clone(),
                    tool_name: tool_name.clone(),
                    args_delta,
                })
            }
            Self::ToolResult { tool_call_id, tool_name, result_delta } => {
                cut(&result_delta, &|result_delta| Self::ToolResult {
                    tool_call_id: tool_call_id.clone(),
                    tool_name: tool_name.clone(),
                    result_delta,
                })
            }
            source @ Self::Source { .. } => vec![source],
        }
    }

    /// Returns the bytes of text that the piece carries.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        match self {
            Self::Text { text } | Self::Reasoning { text } => text.len(),
            Self::ToolCall { args_delta, .. } => args_delta.len(),
            Self::ToolResult { result_delta, .. } => result_delta.len(),
            Self::Source { url, title } => url.len() + title.as_ref().map_or(0, String::len),
        }
    }
}

fn chunks(text: &str, max_bytes: usize) -> impl Iterator<Item = String> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.floor_char_boundary(max_bytes.max(4));
        let (chunk, more) = rest.split_at(end);
        rest = more;
        (!chunk.is_empty()).then(|| chunk.to_owned())
    })
}

/// Adds a piece to a preview, joining it to the last piece, or to the earlier piece of the same call.
pub fn push_delta(preview: &mut Vec<Delta>, delta: Delta) {
    let same_call = |held: &Delta| match (held, &delta) {
        (Delta::ToolCall { tool_call_id: a, .. }, Delta::ToolCall { tool_call_id: b, .. })
        | (Delta::ToolResult { tool_call_id: a, .. }, Delta::ToolResult { tool_call_id: b, .. }) => a == b,
        (
            Delta::ToolCall { .. }
            | Delta::ToolResult { .. }
            | Delta::Text { .. }
            | Delta::Reasoning { .. }
            | Delta::Source { .. },
            _,
        ) => false,
    };
    let index = preview.iter().position(same_call).or_else(|| preview.len().checked_sub(1));
    let Some(held) = index.and_then(|i| preview.get_mut(i)) else {
        preview.push(delta);
        return;
    };
    if let Err(delta) = held.merge(delta) {
        preview.push(delta);
    }
}

/// Turns what streamed so far into parts worth keeping: a call only with complete arguments.
#[must_use]
pub fn assemble(deltas: impl IntoIterator<Item = Delta>) -> Vec<Part> {
    let mut joined = Vec::new();
    deltas.into_iter().for_each(|delta| push_delta(&mut joined, delta));
    joined.into_iter().filter_map(finished).collect()
}

fn finished(delta: Delta) -> Option<Part> {
    match delta {
        Delta::Text { text } => (!text.is_empty()).then_some(Part::Text { text }),
        Delta::Reasoning { text } => {
            (!text.is_empty()).then_some(Part::Reasoning { text, started_at: None, ended_at: None })
        }
        Delta::ToolCall { tool_call_id, tool_name, args_delta } => {
            let args: Value = serde_json::from_str(&args_delta).ok()?;
            args.is_object().then_some(Part::ToolCall(ToolCall {
                tool_call_id,
                tool_name,
                args,
                provider_executed: false,
            }))
        }
        // A piece of a result is no result.
        Delta::ToolResult { .. } => None,
        Delta::Source { url, title } => Some(Part::Source { url, title }),
    }
}
