//! What was said, in the few shapes that wire formats know.

use std::{borrow::Cow, collections::HashSet};

use chat::{
    id::CallId,
    message::{Message, Role, Visibility},
    model::ModelRequest,
    part::{Part, StoredPart, ToolCall, ToolResult},
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    fault::bounded,
    fence::fenced,
    files::{File, Shown, shown},
    names::{CallIds, ToolNames},
    wire::origin,
};

/// What a file without a name is called.
const NAMELESS: &str = "without a name";

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
    /// What a person attached.
    File(File<'a>),
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
        request,
        role: Role::User,
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

struct Reader<'r, 'n> {
    origin: String,
    request: &'r ModelRequest,
    /// Who says the message.
    role: Role,
    names: &'n ToolNames,
    ids: CallIds,
    /// What the provider did itself and said the result of.
    answered: HashSet<CallId>,
    /// What of that goes back as it came.
    own: HashSet<CallId>,
    /// Whether the message is the last one, which the provider itself goes on from.
    goes_on: bool,
}

impl<'a> Reader<'a, '_> {
    fn message(&mut self, message: &'a Message) -> Spoken<'a> {
        self.role = message.role;
        self.answered = message.content.iter().filter_map(answered).collect();
        let blocks = message.content.iter().filter_map(|stored| self.block(stored)).collect();
        Spoken { role: message.role, blocks }
    }

    fn block(&mut self, stored: &'a StoredPart) -> Option<Block<'a>> {
        let item = stored.provider.as_ref().filter(|item| item.origin == self.origin).map(|item| &item.item);
        match &stored.part {
            Part::Text { text } => text_block(Cow::Borrowed(text), item),
            Part::Reasoning { text, .. } => item.map(|item| Block::Reasoning { text, item }),
            Part::ToolCall(call) => self.call(call, item),
            Part::ToolResult(result) => self.result(result, item),
            Part::Source { .. } => None,
            part @ Part::File { file_id, name, .. } => self
                .file(*file_id, name.as_deref())
                .or_else(|| text_block(Cow::Owned(placeholder(part)), None)),
            part @ (Part::FileReference { .. } | Part::ContextFile { .. } | Part::Skill { .. }) => {
                text_block(Cow::Owned(placeholder(part)), None)
            }
        }
    }

    fn call(&mut self, call: &'a ToolCall, item: Option<&'a Value>) -> Option<Block<'a>> {
        if call.provider_executed {
            return self.own_call(call, item);
        }
        let (id, name) = (self.ids.call(&call.tool_call_id), self.names.wire(&call.tool_name));
        Some(Block::Call { id, name, args: &call.args, item })
    }

    /// What others than people attached is not shown again.
    fn file(&self, file_id: Uuid, name: Option<&'a str>) -> Option<Block<'a>> {
        let file = self.request.attachments.get(file_id).filter(|_| self.role == Role::User)?;
        match shown(&self.request.model, file, name.unwrap_or(NAMELESS)) {
            Shown::AsItIs(file) => Some(Block::File(file)),
            Shown::AsText(text) => text_block(Cow::Owned(text), None),
            Shown::Not => None,
        }
    }

    /// One without a result is refused, so it is not sent, except where the provider has yet to answer it. For another
    /// model both are but words.
    fn own_call(&mut self, call: &'a ToolCall, item: Option<&'a Value>) -> Option<Block<'a>> {
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

    fn own_result(&self, result: &'a ToolResult, item: Option<&'a Value>) -> Option<Block<'a>> {
        match item {
            Some(item) if self.own.contains(&result.tool_call_id) => Some(Block::Own { item }),
            None if self.own.contains(&result.tool_call_id) => None,
            Some(_) | None => {
                let said = bounded(result.result.to_string());
                text_block(Cow::Owned(format!("[result of {}: {said}]", result.tool_name)), None)
            }
        }
    }

    fn result(&mut self, result: &'a ToolResult, item: Option<&'a Value>) -> Option<Block<'a>> {
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
            let name = name.as_deref().unwrap_or(NAMELESS);
            format!("[The file {name} ({media_type}) was attached here. Its content is not available.]")
        }
        Part::FileReference { file_name, start_line, end_line, content } => {
            fenced(&format!("{file_name}, lines {start_line} to {end_line}:"), content)
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
}
