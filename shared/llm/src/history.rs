//! What was said, in the few shapes that wire formats know.

use std::{borrow::Cow, collections::HashSet};

use chat::{
    id::CallId,
    message::{Message, Role, Visibility},
    model::ModelRequest,
    part::{Part, StoredPart, ToolCall, ToolResult},
};
use serde_json::Value;

use crate::{
    fault::bounded,
    names::{CallIds, ToolNames},
    wire::origin,
};

/// A piece of a message. `item` is the provider's own form, present only for the origin that made it.
#[derive(Debug)]
pub(crate) enum Block<'a> {
    Text {
        text: Cow<'a, str>,
        item: Option<&'a Value>,
    },
    Reasoning {
        text: &'a str,
        item: &'a Value,
    },
    Call {
        id: String,
        name: String,
        args: &'a Value,
        item: Option<&'a Value>,
    },
    Result {
        id: String,
        text: Cow<'a, str>,
        is_error: bool,
    },
    /// What the provider did itself, as it said it.
    Own {
        item: &'a Value,
    },
}

/// A message that is not empty.
#[derive(Debug)]
pub(crate) struct Spoken<'a> {
    pub(crate) role: Role,
    pub(crate) blocks: Vec<Block<'a>>,
}

/// Returns what the model shall see of the history, with ids and names that providers take.
///
/// Reasoning of another origin, blank text, and results that answer nothing are left out.
pub(crate) fn spoken<'a>(request: &'a ModelRequest, names: &ToolNames) -> Vec<Spoken<'a>> {
    let mut reader = Reader {
        origin: origin(request),
        names,
        ids: CallIds::default(),
        answered: HashSet::new(),
        own: HashSet::new(),
        goes_on: false,
    };
    let seen = request.messages.iter().filter(|message| message.visibility != Visibility::User);
    let seen: Vec<_> = seen.collect();
    let last = seen.len().saturating_sub(1);
    let mut spoken: Vec<_> = Vec::with_capacity(seen.len());
    for (index, message) in seen.into_iter().enumerate() {
        reader.goes_on = index == last;
        spoken.push(reader.message(message));
    }
    spoken.retain(|message| !message.blocks.is_empty());
    spoken
}

/// Returns the system prompts as one, or none.
pub(crate) fn system(request: &ModelRequest) -> Option<String> {
    let texts = request.system.iter().map(String::as_str).filter(|text| !text.trim().is_empty());
    let texts: Vec<_> = texts.collect();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

struct Reader<'n> {
    origin: String,
    names: &'n ToolNames,
    ids: CallIds,
    /// What the provider did itself and said the result of.
    answered: HashSet<CallId>,
    /// What of that goes back as it came.
    own: HashSet<CallId>,
    /// Whether the message is the last one, which the provider itself goes on from.
    goes_on: bool,
}

impl Reader<'_> {
    fn message<'a>(&mut self, message: &'a Message) -> Spoken<'a> {
        self.answered = message.content.iter().filter_map(answered).collect();
        let blocks = message.content.iter().filter_map(|stored| self.block(stored)).collect();
        Spoken { role: message.role, blocks }
    }

    fn block<'a>(&mut self, stored: &'a StoredPart) -> Option<Block<'a>> {
        let item = stored.provider.as_ref().filter(|item| item.origin == self.origin).map(|item| &item.item);
        match &stored.part {
            Part::Text { text } => text_block(Cow::Borrowed(text), item),
            Part::Reasoning { text, .. } => item.map(|item| Block::Reasoning { text, item }),
            Part::ToolCall(call) => self.call(call, item),
            Part::ToolResult(result) => self.result(result, item),
            Part::Source { .. } => None,
            part @ (Part::File { .. }
            | Part::FileReference { .. }
            | Part::ContextFile { .. }
            | Part::Skill { .. }) => text_block(Cow::Owned(placeholder(part)), None),
        }
    }

    fn call<'a>(&mut self, call: &'a ToolCall, item: Option<&'a Value>) -> Option<Block<'a>> {
        if call.provider_executed {
            return self.own_call(call, item);
        }
        let (id, name) = (self.ids.call(&call.tool_call_id), self.names.wire(&call.tool_name));
        Some(Block::Call { id, name, args: &call.args, item })
    }

    /// One without a result is refused, so it is not sent, except where the provider has yet to answer it. For another
    /// model both are but words.
    fn own_call<'a>(&mut self, call: &'a ToolCall, item: Option<&'a Value>) -> Option<Block<'a>> {
        let goes_on = self.goes_on && item.is_some();
        if !goes_on && !self.answered.contains(&call.tool_call_id) {
            return None;
        }
        match item {
            Some(item) => {
                self.own.insert(call.tool_call_id.clone());
                Some(Block::Own { item })
            }
            None => text_block(
                Cow::Owned(format!("[{}: {}]", call.tool_name, bounded(call.args.to_string()))),
                None,
            ),
        }
    }

    fn own_result<'a>(&self, result: &'a ToolResult, item: Option<&'a Value>) -> Option<Block<'a>> {
        match item {
            Some(item) if self.own.contains(&result.tool_call_id) => Some(Block::Own { item }),
            None if self.own.contains(&result.tool_call_id) => None,
            Some(_) | None => {
                let said = bounded(result.result.to_string());
                text_block(Cow::Owned(format!("[result of {}: {said}]", result.tool_name)), None)
            }
        }
    }

    fn result<'a>(&mut self, result: &'a ToolResult, item: Option<&'a Value>) -> Option<Block<'a>> {
        if result.provider_executed {
            return self.own_result(result, item);
        }
        let id = self.ids.result(&result.tool_call_id)?;
        let text = match &result.result {
            Value::String(text) => Cow::Borrowed(text.as_str()),
            other
            @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Cow::Owned(other.to_string())
            }
        };
        Some(Block::Result { id, text, is_error: result.is_error })
    }
}

fn answered(stored: &StoredPart) -> Option<CallId> {
    match &stored.part {
        Part::ToolResult(result) if result.provider_executed => Some(result.tool_call_id.clone()),
        Part::ToolResult(_)
        | Part::ToolCall(_)
        | Part::Text { .. }
        | Part::Reasoning { .. }
        | Part::Source { .. }
        | Part::File { .. }
        | Part::FileReference { .. }
        | Part::ContextFile { .. }
        | Part::Skill { .. } => None,
    }
}

fn text_block<'a>(text: Cow<'a, str>, item: Option<&'a Value>) -> Option<Block<'a>> {
    (!text.trim().is_empty()).then_some(Block::Text { text, item })
}

/// Says in words what a part without a wire form is.
fn placeholder(part: &Part) -> String {
    match part {
        Part::File { media_type, name, .. } => {
            let name = name.as_deref().unwrap_or("unnamed");
            format!("[attached file: {name} ({media_type})]")
        }
        Part::FileReference { file_name, start_line, end_line, content } => {
            let fence = fence(content);
            format!("{file_name}, lines {start_line} to {end_line}:\n{fence}\n{content}\n{fence}")
        }
        Part::ContextFile { path, truncated: false } => format!("[instructions from {path}]"),
        Part::ContextFile { path, truncated: true } => {
            format!("[instructions from {path}, cut off at the end]")
        }
        Part::Skill { name, description: Some(description) } => format!("[skill: {name}: {description}]"),
        Part::Skill { name, description: None } => format!("[skill: {name}]"),
        Part::Text { .. }
        | Part::Reasoning { .. }
        | Part::ToolCall(_)
        | Part::ToolResult(_)
        | Part::Source { .. } => String::new(),
    }
}

/// Returns a fence longer than any within `content`.
fn fence(content: &str) -> String {
    let longest = content.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use chat::model::Api;

    use super::*;
    use crate::testing::{request, text};

    #[test]
    fn what_only_people_see_is_not_said() {
        let mut request =
            request(Api::OpenaiChat, vec![(Role::User, vec![text("a")]), (Role::User, vec![text("b")])]);
        request.messages[0] =
            Message { visibility: Visibility::User, ..request.messages[0].as_ref().clone() }.into();
        let spoken = spoken(&request, &ToolNames::default());
        assert!(
            matches!(&spoken[..], [Spoken { blocks, .. }] if matches!(&blocks[..], [Block::Text { text, .. }] if text == "b"))
        );
    }

    #[test]
    fn a_quote_cannot_leave_its_fence() {
        let part = Part::FileReference {
            file_name: "a.md".to_owned(),
            start_line: 1,
            end_line: 3,
            content: "```\ncode\n```".to_owned(),
        };
        assert_eq!(placeholder(&part), "a.md, lines 1 to 3:\n````\n```\ncode\n```\n````");
    }
}
