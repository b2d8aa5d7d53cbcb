//! The rules for messages: roles, blocks, and calls paired with results.

use std::collections::HashSet;

use serde_json::Value;

use super::super::{
    refusal::{Refusal, is_name, require},
    seal,
    talk::{items, text_at},
};

pub(super) fn check(messages: &[Value]) -> Result<(), Refusal> {
    require(!messages.is_empty(), || Refusal::invalid("messages: at least one message is required"))?;
    for (index, message) in messages.iter().enumerate() {
        role(index, message)?;
        content(index, message, index + 1 == messages.len())?;
    }
    trailing(messages)?;
    pairs(messages)
}

/// With a thinking budget, an answer whose calls were just answered has to begin with a thought.
pub(super) fn thought_first(messages: &[Value]) -> Result<(), Refusal> {
    let [.., answer, results] = messages else { return Ok(()) };
    let found = items(&answer["content"]).first().map_or("text", |block| text_at(block, "type"));
    let open = !leading_results(results).is_empty();
    require(!open || found.ends_with("thinking"), || {
        Refusal::invalid(format!(
            "messages.{}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. When \
             `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the \
             lastmost set of `tool_use` and `tool_result` blocks).",
            messages.len() - 2
        ))
    })
}

fn role(index: usize, message: &Value) -> Result<(), Refusal> {
    match text_at(message, "role") {
        "user" => Ok(()),
        "assistant" if index == 0 => {
            Err(Refusal::invalid("messages: first message must use the \"user\" role"))
        }
        "assistant" => Ok(()),
        "system" => Err(Refusal::invalid(
            "messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, \
             not \"system\" as an input message role.",
        )),
        other => Err(Refusal::invalid(format!(
            "messages: Unexpected role \"{other}\". Allowed roles are \"user\" or \"assistant\""
        ))),
    }
}

fn content(index: usize, message: &Value, last: bool) -> Result<(), Refusal> {
    let content = &message["content"];
    let is_assistant = text_at(message, "role") == "assistant";
    let empty = content.as_str().map_or(items(content).is_empty(), str::is_empty);
    require(!empty || (last && is_assistant), || {
        Refusal::invalid(format!(
            "messages.{index}: all messages must have non-empty content except for the optional final \
             assistant message"
        ))
    })?;
    if let Some(text) = content.as_str().filter(|text| !text.is_empty()) {
        return worded(text);
    }
    for (at, block) in items(content).iter().enumerate() {
        rules(block, is_assistant).map_err(|refusal| Refusal {
            message: refusal.message.replace("{at}", &format!("messages.{index}.content.{at}")),
            ..refusal
        })?;
    }
    Ok(())
}

/// The rules of one block. `{at}` in a text stands for the block's place.
fn rules(block: &Value, is_assistant: bool) -> Result<(), Refusal> {
    let only = |role: &str| {
        Refusal::invalid(format!(
            "{{at}}: `{}` blocks can only be in `{role}` messages",
            text_at(block, "type")
        ))
    };
    match text_at(block, "type") {
        "text" => worded(text_at(block, "text")),
        "thinking" | "redacted_thinking" | "tool_use" if !is_assistant => Err(only("assistant")),
        "tool_result" if is_assistant => Err(only("user")),
        "thinking" => thinking(block),
        "redacted_thinking" => require(seal::is_sealed(text_at(block, "data")), || {
            Refusal::invalid("{at}: Invalid `data` in `redacted_thinking` block")
        }),
        "tool_use" => tool_use(block),
        "tool_result" => require(block["tool_use_id"].is_string(), || {
            Refusal::invalid("{at}.tool_result.tool_use_id: Field required")
        }),
        "" => Err(Refusal::invalid("{at}.type: Field required")),
        "image"
        | "document"
        | "search_result"
        | "container_upload"
        | "server_tool_use"
        | "web_search_tool_result"
        | "web_fetch_tool_result"
        | "compaction" => Ok(()),
        other => Err(Refusal::invalid(format!(
            "{{at}}: Input tag '{other}' found using 'type' does not match any of the expected tags"
        ))),
    }
}

fn worded(text: &str) -> Result<(), Refusal> {
    require(!text.is_empty(), || Refusal::invalid("messages: text content blocks must be non-empty"))?;
    require(!text.trim().is_empty(), || {
        Refusal::invalid("messages: text content blocks must contain non-whitespace text")
    })
}

fn thinking(block: &Value) -> Result<(), Refusal> {
    let Some(signature) = block["signature"].as_str() else {
        return Err(Refusal::invalid("{at}.thinking.signature: Field required"));
    };
    require(signature == seal::sign(text_at(block, "thinking")), || {
        Refusal::invalid("{at}: Invalid `signature` in `thinking` block")
    })
}

fn tool_use(block: &Value) -> Result<(), Refusal> {
    let refuse = |text: &str| Refusal::invalid(format!("{{at}}.tool_use.{text}"));
    require(is_name(text_at(block, "id"), usize::MAX), || {
        refuse("id: String should match pattern '^[a-zA-Z0-9_-]+$'")
    })?;
    require(is_name(text_at(block, "name"), 200), || {
        refuse("name: String should match pattern '^[a-zA-Z0-9_-]{1,200}$'")
    })?;
    require(block["input"].is_object(), || refuse("input: Input should be a valid dictionary"))
}

fn trailing(messages: &[Value]) -> Result<(), Refusal> {
    let Some(last) = messages.last().filter(|last| text_at(last, "role") == "assistant") else {
        return Ok(());
    };
    let content = &last["content"];
    let text = content.as_str().or_else(|| items(content).last()?["text"].as_str()).unwrap_or_default();
    require(text == text.trim_end(), || {
        Refusal::invalid("messages: final assistant content cannot end with trailing whitespace")
    })
}

fn pairs(messages: &[Value]) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    let mut open: Vec<&str> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        answered(index, &open, &leading_results(message))?;
        open = calls(message);
        require(open.iter().all(|id| seen.insert(*id)), || {
            Refusal::invalid("messages: `tool_use` ids must be unique")
        })?;
    }
    answered(messages.len(), &open, &[])
}

/// Checks the results in a message against the calls of the message before.
fn answered(index: usize, open: &[&str], results: &[&str]) -> Result<(), Refusal> {
    for (at, id) in results.iter().enumerate() {
        require(open.contains(id), || {
            Refusal::invalid(format!(
                "messages.{index}.content.{at}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. \
                 Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            ))
        })?;
        require(!results.iter().take(at).any(|other| other == id), || {
            Refusal::invalid(format!(
                "messages.{index}.content.{at}: each tool_use must have a single result. Found multiple \
                 `tool_result` blocks with id: {id}"
            ))
        })?;
    }
    let missing: Vec<_> = open.iter().filter(|id| !results.contains(id)).copied().collect();
    require(missing.is_empty(), || {
        Refusal::invalid(format!(
            "messages.{}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each \
             `tool_use` block must have a corresponding `tool_result` block in the next message.",
            index.saturating_sub(1),
            missing.join(", ")
        ))
    })
}

/// Results count only before anything else in their message.
fn leading_results(message: &Value) -> Vec<&str> {
    let blocks = items(&message["content"]).iter();
    blocks
        .take_while(|block| text_at(block, "type") == "tool_result")
        .map(|block| text_at(block, "tool_use_id"))
        .collect()
}

fn calls(message: &Value) -> Vec<&str> {
    let blocks = items(&message["content"]).iter();
    blocks.filter(|block| text_at(block, "type") == "tool_use").map(|block| text_at(block, "id")).collect()
}
