//! OpenAI Responses: what is refused and how a request is understood.

mod items;
pub(crate) mod wire;

use serde_json::Value;

use super::{
    cache::{Keep, Prefix},
    openai,
    refusal::{Refusal, is_model, require},
    talk::{Line, Talk, last_text, list, plain, text_at},
};

const LEAST_OUTPUT_TOKENS: u64 = 16;
const FIELDS: &[&str] = &[
    "background",
    "context_management",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

pub(crate) fn read(body: &Value) -> Result<Talk, Refusal> {
    openai::fields(body, FIELDS)?;
    required(body)?;
    limits(body)?;
    for (index, tool) in list(body, "tools").iter().enumerate() {
        if text_at(tool, "type") == "function" {
            openai::function(&format!("tools[{index}]"), tool)?;
        }
    }
    items::check(list(body, "input"))?;
    Ok(Talk::new(body, prefix(body), lines(&body["input"])).max_tokens(body["max_output_tokens"].as_u64()))
}

fn required(body: &Value) -> Result<(), Refusal> {
    let model = text_at(body, "model");
    require(!model.is_empty(), || openai::missing("model"))?;
    require(is_model(model), || {
        Refusal::invalid(format!("The requested model '{model}' does not exist."))
            .code("model_not_found")
            .param("model")
    })?;
    let empty = body["input"].as_str().map_or(list(body, "input").is_empty(), str::is_empty);
    require(!empty, || {
        Refusal::invalid(
            "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.",
        )
        .code("missing_required_parameter")
    })
}

fn limits(body: &Value) -> Result<(), Refusal> {
    let max = body["max_output_tokens"].as_u64().unwrap_or(u64::MAX);
    require(max >= LEAST_OUTPUT_TOKENS, || {
        Refusal::invalid(format!(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= \
             {LEAST_OUTPUT_TOKENS}, but got {max} instead."
        ))
        .code("integer_below_min_value")
        .param("max_output_tokens")
    })
}

/// This provider caches by itself, at every item.
fn prefix(body: &Value) -> Prefix {
    let mut prefix = Prefix::default();
    list(body, "tools").iter().for_each(|tool| prefix.push(tool, Keep::Yes));
    if body["instructions"].is_string() {
        prefix.push(&body["instructions"], Keep::Yes);
    }
    match body["input"].is_string() {
        true => prefix.push(&body["input"], Keep::Yes),
        false => list(body, "input").iter().for_each(|item| prefix.push(item, Keep::Yes)),
    }
    prefix
}

fn lines(input: &Value) -> Vec<Line> {
    match input.as_str() {
        Some(text) => vec![Line::User(text.to_owned())],
        None => input.as_array().into_iter().flatten().filter_map(line).collect(),
    }
}

fn line(item: &Value) -> Option<Line> {
    match (items::kind(item), text_at(item, "role")) {
        ("message", "user") => Some(Line::User(last_text(&item["content"]).unwrap_or_default())),
        ("message", "assistant") | ("reasoning" | "function_call", _) => Some(Line::Assistant),
        ("function_call_output", _) => Some(Line::Results(vec![plain(&item["output"])])),
        _ => None,
    }
}
