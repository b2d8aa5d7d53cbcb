//! History as plain text, as small as it must be.

use std::sync::Arc;

use chat::{
    message::{Message, Role},
    part::{Part, StoredPart, cut},
};

use crate::size;

/// However many there are, each result says a little.
const LEAST_BYTES: usize = 600;

/// Returns messages without calls, results and thoughts: calls and what came of them are told as text, and what tools
/// answered is cut so that all fits into `room_bytes` where it can.
pub(super) fn fit(messages: &[Arc<Message>], room_bytes: usize) -> Vec<Arc<Message>> {
    let budget_bytes = budget_bytes(messages, room_bytes);
    messages.iter().filter_map(|message| bare(message, budget_bytes)).collect()
}

/// The largest budget for each result with which everything fits, to a factor of two.
fn budget_bytes(messages: &[Arc<Message>], room_bytes: usize) -> usize {
    let results = || messages.iter().flat_map(|message| message.results());
    let sizes: Vec<usize> = results().map(|result| result.bytes()).collect();
    let whole: usize = messages.iter().map(|message| size::bytes(message)).sum();
    let rest = whole - sizes.iter().sum::<usize>().min(whole);
    let mut budget = sizes.iter().copied().max().unwrap_or_default();
    let total = |budget: usize| rest + sizes.iter().map(|size| size.min(&budget)).sum::<usize>();
    while budget > LEAST_BYTES && total(budget) > room_bytes {
        budget /= 2;
    }
    budget.max(LEAST_BYTES)
}

fn bare(message: &Arc<Message>, budget_bytes: usize) -> Option<Arc<Message>> {
    let parts = message.content.iter().filter_map(|stored| text(stored, budget_bytes));
    let content: Vec<StoredPart> = parts.map(|text| Part::Text { text }.into()).collect();
    let role = match message.role {
        Role::Tool | Role::User => Role::User,
        Role::System | Role::Assistant => message.role,
    };
    (!content.is_empty()).then(|| Arc::new(Message { role, content, ..Message::clone(message) }))
}

fn text(stored: &StoredPart, budget_bytes: usize) -> Option<String> {
    match &stored.part {
        Part::Text { text } => Some(text.clone()),
        Part::ToolCall(call) => {
            let args = cut(&call.args.to_string(), budget_bytes);
            Some(format!("[The tool {} was called with {args}]", call.tool_name))
        }
        Part::ToolResult(result) => {
            let value = result.result.as_str().map_or_else(|| result.result.to_string(), str::to_owned);
            let verb = if result.is_error { "failed with" } else { "answered" };
            Some(format!("[The tool {} {verb}: {}]", result.tool_name, cut(&value, budget_bytes)))
        }
        Part::FileReference { file_name, content, .. } => Some(format!("[{file_name}]\n{content}")),
        Part::Source { url, .. } => Some(url.clone()),
        Part::Reasoning { .. } | Part::File { .. } | Part::ContextFile { .. } | Part::Skill { .. } => None,
    }
}
