//! The rules for messages: roles, contents, and calls paired with tool messages.

use std::collections::HashSet;

use serde_json::Value;

use super::super::{
    openai::{invalid_value, missing},
    refusal::{Refusal, require},
    talk::{items, list, text_at},
};

pub(super) fn check(messages: &[Value]) -> Result<(), Refusal> {
    for (index, message) in messages.iter().enumerate() {
        rules(index, message)?;
    }
    pairs(messages)
}

fn rules(index: usize, message: &Value) -> Result<(), Refusal> {
    let content = &message["content"];
    let calls = list(message, "tool_calls");
    let spoken = content.is_string() || !items(content).is_empty();
    match text_at(message, "role") {
        "system" | "developer" | "user" => require(spoken, || no_content(index)),
        "assistant" => {
            require(spoken || !calls.is_empty() || message["refusal"].is_string(), || no_content(index))?;
            calls.iter().enumerate().try_for_each(|(at, call)| tool_call(index, at, call))
        }
        "tool" => {
            require(message["tool_call_id"].is_string(), || {
                Refusal::invalid(
                    "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.",
                )
                .param(format!("messages.[{index}].tool_call_id"))
            })?;
            require(spoken, || no_content(index))
        }
        other => Err(invalid_value(
            &format!("messages[{index}].role"),
            other,
            "'system', 'assistant', 'user', 'function', 'tool', and 'developer'",
        )),
    }
}

fn no_content(index: usize) -> Refusal {
    Refusal::invalid("Invalid value for 'content': expected a string, got null.")
        .param(format!("messages.[{index}].content"))
}

fn tool_call(index: usize, at: usize, call: &Value) -> Result<(), Refusal> {
    let place = format!("messages[{index}].tool_calls[{at}]");
    require(text_at(call, "type") == "function", || missing(&format!("{place}.type")))?;
    require(!text_at(call, "id").is_empty(), || missing(&format!("{place}.id")))?;
    let function = &call["function"];
    require(!text_at(function, "name").is_empty(), || missing(&format!("{place}.function.name")))?;
    require(function["arguments"].is_string(), || missing(&format!("{place}.function.arguments")))
}

fn pairs(messages: &[Value]) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    let mut open: Vec<&str> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        if text_at(message, "role") == "tool" {
            let id = text_at(message, "tool_call_id");
            let at = open.iter().position(|call| *call == id);
            open.remove(at.ok_or_else(|| no_call(index))?);
            continue;
        }
        answered(index, &open)?;
        open = list(message, "tool_calls").iter().map(|call| text_at(call, "id")).collect();
        for id in &open {
            require(seen.insert(*id), || {
                Refusal::invalid(format!("Duplicate value for 'tool_call_id' of '{id}'"))
                    .param(format!("messages.[{index}].tool_calls"))
            })?;
        }
    }
    answered(messages.len(), &open)
}

fn no_call(index: usize) -> Refusal {
    Refusal::invalid(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with \
         'tool_calls'.",
    )
    .param(format!("messages.[{index}].role"))
}

fn answered(index: usize, open: &[&str]) -> Result<(), Refusal> {
    require(open.is_empty(), || {
        Refusal::invalid(format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each \
             'tool_call_id'. The following tool_call_ids did not have response messages: {}",
            open.join(", ")
        ))
        .param(format!("messages.[{index}].role"))
    })
}
