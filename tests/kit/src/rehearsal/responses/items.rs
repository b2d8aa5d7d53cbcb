//! The rules for input items: roles, contents, sealed reasoning, and calls paired with outputs.

use std::collections::HashSet;

use serde_json::Value;

use super::super::{
    openai::{invalid_value, missing},
    refusal::{Refusal, require},
    seal,
    talk::{items, text_at},
};

const MAX_CALL_ID: usize = 64;

pub(super) fn check(input: &[Value]) -> Result<(), Refusal> {
    for (index, item) in input.iter().enumerate() {
        rules(&format!("input[{index}]"), item)?;
    }
    unique(input)?;
    followed(input)?;
    pairs(input)
}

/// A message may leave its type out.
pub(super) fn kind(item: &Value) -> &str {
    item["type"].as_str().unwrap_or("message")
}

fn rules(at: &str, item: &Value) -> Result<(), Refusal> {
    match kind(item) {
        "message" => message(at, item),
        "reasoning" => reasoning(at, item),
        "function_call" => function_call(at, item),
        "function_call_output" => {
            call_id(at, item)?;
            let output = &item["output"];
            require(output.is_string() || output.is_array(), || missing(&format!("{at}.output")))
        }
        "item_reference"
        | "compaction"
        | "web_search_call"
        | "file_search_call"
        | "custom_tool_call"
        | "custom_tool_call_output" => Ok(()),
        other => Err(invalid_value(
            at,
            other,
            "'message', 'reasoning', 'function_call', 'function_call_output', and 'item_reference'",
        )),
    }
}

fn message(at: &str, item: &Value) -> Result<(), Refusal> {
    prefixed(at, item, "msg")?;
    let supported: &[&str] = match text_at(item, "role") {
        "user" | "system" | "developer" => &["input_text", "input_image", "input_file"],
        "assistant" => &["output_text", "refusal"],
        other => {
            let roles = "'assistant', 'system', 'developer', and 'user'";
            return Err(invalid_value(&format!("{at}.role"), other, roles));
        }
    };
    let content = &item["content"];
    require(content.is_string() || content.is_array(), || missing(&format!("{at}.content")))?;
    for (index, part) in items(content).iter().enumerate() {
        let kind = text_at(part, "type");
        require(supported.contains(&kind), || {
            let list: Vec<_> = supported.iter().map(|name| format!("'{name}'")).collect();
            invalid_value(&format!("{at}.content[{index}]"), kind, &list.join(", "))
        })?;
    }
    Ok(())
}

fn reasoning(at: &str, item: &Value) -> Result<(), Refusal> {
    prefixed(at, item, "rs")?;
    require(item["summary"].is_array(), || missing(&format!("{at}.summary")))?;
    let id = text_at(item, "id");
    let Some(sealed) = item["encrypted_content"].as_str() else {
        return Err(Refusal::new(
            404,
            "invalid_request_error",
            format!(
                "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try \
                 again with `store` set to true, or remove this item from your input."
            ),
        )
        .param("input"));
    };
    require(seal::is_sealed(sealed), || {
        let head: String = sealed.chars().take(4).collect();
        Refusal::invalid(format!(
            "The encrypted content {head}... could not be verified. Reason: Encrypted content could not be \
             decrypted or parsed."
        ))
        .code("invalid_encrypted_content")
    })
}

fn function_call(at: &str, item: &Value) -> Result<(), Refusal> {
    prefixed(at, item, "fc")?;
    call_id(at, item)?;
    require(!text_at(item, "name").is_empty(), || missing(&format!("{at}.name")))?;
    require(item["arguments"].is_string(), || missing(&format!("{at}.arguments")))
}

fn call_id(at: &str, item: &Value) -> Result<(), Refusal> {
    let param = format!("{at}.call_id");
    let id = text_at(item, "call_id");
    require(!id.is_empty(), || missing(&param))?;
    require(id.len() <= MAX_CALL_ID, || {
        Refusal::invalid(format!(
            "Invalid '{param}': string too long. Expected a string with maximum length {MAX_CALL_ID}, but got \
             a string with length {} instead.",
            id.len()
        ))
        .code("string_above_max_length")
        .param(&param)
    })
}

fn prefixed(at: &str, item: &Value, prefix: &str) -> Result<(), Refusal> {
    let Some(id) = item["id"].as_str() else { return Ok(()) };
    require(id.starts_with(prefix), || {
        Refusal::invalid(format!("Invalid '{at}.id': '{id}'. Expected an ID that begins with '{prefix}'."))
            .code("invalid_value")
            .param(format!("{at}.id"))
    })
}

fn unique(input: &[Value]) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    for id in input.iter().filter_map(|item| item["id"].as_str()) {
        require(seen.insert(id), || {
            Refusal::invalid(format!(
                "Duplicate item found with id {id}. Remove duplicate items from your input and try again."
            ))
            .param("input")
        })?;
    }
    Ok(())
}

/// Reasoning belongs to what the model said next.
fn followed(input: &[Value]) -> Result<(), Refusal> {
    for (index, item) in input.iter().enumerate().filter(|(_, item)| kind(item) == "reasoning") {
        let next = input.get(index + 1);
        let is_output = next.is_some_and(|next| match kind(next) {
            "message" => text_at(next, "role") == "assistant",
            other => other != "function_call_output",
        });
        require(is_output, || {
            let id = text_at(item, "id");
            Refusal::invalid(format!(
                "Item '{id}' of type 'reasoning' was provided without its required following item."
            ))
            .param("input")
        })?;
    }
    Ok(())
}

fn pairs(input: &[Value]) -> Result<(), Refusal> {
    let mut open: Vec<&str> = Vec::new();
    let mut called = HashSet::new();
    for item in input {
        let id = text_at(item, "call_id");
        match kind(item) {
            "function_call" => {
                require(called.insert(id), || {
                    Refusal::invalid(format!("Duplicate function call found with call_id {id}."))
                        .param("input")
                })?;
                open.push(id);
            }
            "function_call_output" => {
                let at = open.iter().position(|call| *call == id);
                open.remove(at.ok_or_else(|| no_call(id))?);
            }
            _ => {}
        }
    }
    open.first().map_or(Ok(()), |id| {
        Err(Refusal::invalid(format!("No tool output found for function call {id}.")).param("input"))
    })
}

fn no_call(id: &str) -> Refusal {
    Refusal::invalid(format!("No tool call found for function call output with call_id {id}.")).param("input")
}
