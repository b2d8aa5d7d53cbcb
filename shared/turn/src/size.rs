//! How much of a window something takes, where no provider has counted it.

use chat::{
    message::{Message, Usage},
    model::ToolSpec,
    part::{Part, StoredPart},
};

/// Bytes of a token, on the low side: code and JSON have more tokens than prose.
const TOKEN_BYTES: usize = 3;
/// What stands around each message.
const MESSAGE_TOKENS: u64 = 8;
/// Where a model's window is not known.
pub(crate) const UNKNOWN_LIMIT_TOKENS: u64 = 128_000;

/// Returns the tokens of so many bytes of text.
pub(crate) fn text_tokens(size_bytes: usize) -> u64 {
    size_bytes.div_ceil(TOKEN_BYTES) as u64
}

/// Returns the tokens of messages, of those that the model sees, with each result cut to `budget_bytes`.
pub(crate) fn tokens<'a>(messages: impl Iterator<Item = &'a Message>, budget_bytes: usize) -> u64 {
    let seen = messages.filter(|message| message.visibility != chat::message::Visibility::User);
    let bytes = |message: &Message| message.content.iter().map(|part| cut_bytes(part, budget_bytes)).sum();
    seen.map(|message| text_tokens(bytes(message)) + MESSAGE_TOKENS).sum()
}

/// Returns the tokens of what stands before all messages.
pub(crate) fn overhead_tokens(system: &[String], tools: &[ToolSpec]) -> u64 {
    let layers: u64 = system.iter().map(|layer| text_tokens(layer.len()) + MESSAGE_TOKENS).sum();
    let definitions: u64 =
        tools.iter().map(|tool| text_tokens(definition_bytes(tool)) + MESSAGE_TOKENS).sum();
    layers + definitions
}

fn definition_bytes(tool: &ToolSpec) -> usize {
    let description = tool.description.as_ref().map_or(0, String::len);
    tool.name.len() + description + tool.input_schema.to_string().len()
}

/// Returns the tokens that the provider counted when it wrote `message`: the prompt's and the answer's.
pub(crate) fn measured_tokens(message: &Message) -> u64 {
    message.usage.as_ref().map_or(0, Usage::context_tokens)
}

/// Returns the bytes of a message's content.
pub(crate) fn bytes(message: &Message) -> usize {
    message.content.iter().map(part_bytes).sum()
}

fn cut_bytes(stored: &StoredPart, budget_bytes: usize) -> usize {
    let bytes = part_bytes(stored);
    if stored.result().is_some() { bytes.min(budget_bytes) } else { bytes }
}

pub(crate) fn part_bytes(stored: &StoredPart) -> usize {
    match &stored.part {
        Part::Text { text } | Part::Reasoning { text, .. } => text.len(),
        Part::ToolCall(call) => call.tool_name.len() + call.args.to_string().len(),
        Part::ToolResult(result) => result.bytes(),
        Part::FileReference { file_name, content, .. } => file_name.len() + content.len(),
        Part::Source { url, .. } => url.len(),
        Part::File { .. } | Part::ContextFile { .. } | Part::Skill { .. } => 64,
    }
}
