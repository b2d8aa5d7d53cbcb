//! Messages of shape 0, which knew no versions: a role was any word, and what a part is was guessed.
//!
//! A message of shape 0 is one item without `v`; its body is JSON with the fields of [`Stored`]. Its content
//! is a text, or a list of texts and of objects told apart by their keys. None of those keys is `type`, which
//! every part since shape 1 has: neither can be taken for the other.

use chat::{
    id::{CallId, MessageId, UserId},
    message::{Message, Role},
    part::{Part, StoredPart, ToolCall, ToolResult},
    port::Unavailable,
    time::Timestamp,
};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::codec::{self, BODY, Item, unreadable};

/// The body of a message.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    id: MessageId,
    role: String,
    content: Content,
    created_at: Timestamp,
    #[serde(default)]
    created_by: Option<UserId>,
    revision: u64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Guess>),
}

/// A part by its keys; one with other keys is none.
#[derive(Deserialize)]
#[serde(untagged)]
enum Guess {
    Word(String),
    Text(Text),
    Reasoning(Reasoning),
    Call(Call),
    Result(Answer),
    Source(Source),
    File(File),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reasoning {
    reasoning: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    call: CallId,
    tool: String,
    args: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    call: CallId,
    tool: String,
    result: Value,
    #[serde(default)]
    failed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    url: String,
    #[serde(default)]
    title: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    file: Uuid,
    media_type: String,
    #[serde(default)]
    name: Option<String>,
}

/// Reads a message of shape 0.
pub(crate) fn message(item: &Item) -> Result<Message, Unavailable> {
    let stored: Stored = codec::unpack(codec::get_bytes(item, BODY)?)?;
    let role = role(&stored.role)
        .ok_or_else(|| unreadable(format!("item {} has an unknown role", codec::name(item))))?;
    Ok(Message {
        id: stored.id,
        role,
        content: content(stored.content),
        visibility: chat::message::Visibility::Both,
        created_at: stored.created_at,
        created_by: stored.created_by,
        model_id: None,
        reasoning_effort: None,
        usage: None,
        revision: stored.revision,
    })
}

/// Returns who is meant by a role of shape 0, if that is known.
#[must_use]
pub fn role(word: &str) -> Option<Role> {
    match word.trim().to_ascii_lowercase().as_str() {
        "system" | "developer" => Some(Role::System),
        "user" | "human" => Some(Role::User),
        "assistant" | "ai" | "bot" | "model" => Some(Role::Assistant),
        "tool" | "function" => Some(Role::Tool),
        _ => None,
    }
}

fn content(content: Content) -> Vec<StoredPart> {
    match content {
        Content::Text(text) if text.is_empty() => Vec::new(),
        Content::Text(text) => vec![Part::Text { text }.into()],
        Content::Parts(guesses) => guesses.into_iter().map(|guess| part(guess).into()).collect(),
    }
}

fn part(guess: Guess) -> Part {
    match guess {
        Guess::Word(text) | Guess::Text(Text { text }) => Part::Text { text },
        Guess::Reasoning(Reasoning { reasoning }) => {
            Part::Reasoning { text: reasoning, started_at: None, ended_at: None }
        }
        Guess::Call(Call { call, tool, args }) => {
            Part::ToolCall(ToolCall { tool_call_id: call, tool_name: tool, args, provider_executed: false })
        }
        Guess::Result(Answer { call, tool, result, failed }) => Part::ToolResult(ToolResult {
            tool_call_id: call,
            tool_name: tool,
            result,
            is_error: failed,
            provider_executed: false,
            outcome: None,
        }),
        Guess::Source(Source { url, title }) => Part::Source { url, title },
        Guess::File(File { file, media_type, name }) => Part::File { file_id: file, media_type, name },
    }
}

#[cfg(test)]
mod tests;
