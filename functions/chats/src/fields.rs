//! Rules of fields that several routes take.

use std::collections::{BTreeMap, BTreeSet};

use chat::{
    limit::{CLIENT_TOOLS, LABEL_KEY_BYTES, LABEL_VALUE_BYTES, LABELS, SYSTEM_PROMPT_BYTES, TITLE_CHARS},
    model::ToolSpec,
};
use edge::Rejection;
use serde::Deserialize;
use serde_json::Value;

/// Longest name of a tool.
const TOOL_NAME_BYTES: usize = 128;

/// A tool as clients declare it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InputTool {
    name: String,
    description: Option<String>,
    input_schema: Value,
}

pub(crate) fn title(title: &str) -> Result<String, Rejection> {
    let title = title.trim();
    if title.is_empty() {
        return Err(Rejection::field("title", "must not be blank"));
    }
    if title.chars().count() > TITLE_CHARS {
        return Err(Rejection::field("title", format!("must not be longer than {TITLE_CHARS} characters")));
    }
    Ok(title.to_owned())
}

pub(crate) fn system_prompt(prompt: String) -> Result<Option<String>, Rejection> {
    if prompt.len() > SYSTEM_PROMPT_BYTES {
        let message = format!("must not be longer than {SYSTEM_PROMPT_BYTES} bytes");
        return Err(Rejection::field("system_prompt", message));
    }
    Ok(Some(prompt).filter(|prompt| !prompt.trim().is_empty()))
}

pub(crate) fn labels(labels: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Rejection> {
    if labels.len() > LABELS {
        return Err(Rejection::field("labels", format!("must not be more than {LABELS}")));
    }
    for (key, value) in &labels {
        label(key, value).map_err(|message| Rejection::field(format!("labels.{key}"), message))?;
    }
    Ok(labels)
}

/// Keys begin with a letter or digit and go on with `._/-` besides; the rule is chatd's.
fn label(key: &str, value: &str) -> Result<(), String> {
    let begins = key.starts_with(|c: char| c.is_ascii_alphanumeric());
    let goes_on = key.chars().all(|c| c.is_ascii_alphanumeric() || "._/-".contains(c));
    if !begins || !goes_on || key.len() > LABEL_KEY_BYTES {
        return Err(format!(
            "a key begins with a letter or digit and has at most {LABEL_KEY_BYTES} of letters, digits and ._/-"
        ));
    }
    if value.is_empty() || value.len() > LABEL_VALUE_BYTES {
        return Err(format!("a value has 1 to {LABEL_VALUE_BYTES} bytes"));
    }
    Ok(())
}

pub(crate) fn client_tools(tools: Vec<InputTool>) -> Result<Vec<ToolSpec>, Rejection> {
    if tools.len() > CLIENT_TOOLS {
        return Err(Rejection::field("client_tools", format!("must not be more than {CLIENT_TOOLS}")));
    }
    let mut names = BTreeSet::new();
    for (index, tool) in tools.iter().enumerate() {
        let field = |name: &str| format!("client_tools[{index}].{name}");
        if tool.name.trim().is_empty() || tool.name.len() > TOOL_NAME_BYTES {
            return Err(Rejection::field(field("name"), format!("must be 1 to {TOOL_NAME_BYTES} bytes")));
        }
        if !names.insert(tool.name.as_str()) {
            return Err(Rejection::field(field("name"), "must be unique"));
        }
        if !tool.input_schema.is_object() {
            return Err(Rejection::field(field("input_schema"), "must be a JSON Schema object"));
        }
    }
    Ok(tools.into_iter().map(spec).collect())
}

fn spec(InputTool { name, description, input_schema }: InputTool) -> ToolSpec {
    ToolSpec { name, description, input_schema }
}
