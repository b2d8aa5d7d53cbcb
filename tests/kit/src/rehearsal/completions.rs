//! OpenAI Chat Completions: what is refused and how a request is understood.

mod messages;
pub(crate) mod wire;

use serde_json::Value;

use super::{
    cache::{Keep, Prefix},
    openai,
    refusal::{Refusal, is_model, require},
    talk::{Line, Talk, last_text, list, plain, text_at},
};

const FIELDS: &[&str] = &[
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

pub(crate) fn read(body: &Value) -> Result<Talk, Refusal> {
    openai::fields(body, FIELDS)?;
    required(body)?;
    options(body)?;
    for (index, tool) in list(body, "tools").iter().enumerate() {
        if text_at(tool, "type") == "function" {
            openai::function(&format!("tools[{index}].function"), &tool["function"])?;
        }
    }
    messages::check(list(body, "messages"))?;
    let lines = list(body, "messages").iter().filter_map(line).collect();
    let max_tokens = body["max_completion_tokens"].as_u64().or(body["max_tokens"].as_u64());
    Ok(Talk::new(body, prefix(body), lines).max_tokens(max_tokens))
}

fn required(body: &Value) -> Result<(), Refusal> {
    let model = text_at(body, "model");
    require(!model.is_empty(), || Refusal::invalid("you must provide a model parameter"))?;
    require(is_model(model), || {
        Refusal::new(
            404,
            "invalid_request_error",
            format!("The model `{model}` does not exist or you do not have access to it."),
        )
        .code("model_not_found")
    })?;
    require(body["messages"].is_array(), || openai::missing("messages"))?;
    require(!list(body, "messages").is_empty(), || {
        Refusal::invalid(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array \
             instead.",
        )
        .code("empty_array")
        .param("messages")
    })
}

fn options(body: &Value) -> Result<(), Refusal> {
    let streams = body["stream"].as_bool().unwrap_or_default();
    require(body["stream_options"].is_null() || streams, || {
        Refusal::invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
            .param("stream_options")
    })?;
    let model = text_at(body, "model");
    let thinks = model.starts_with('o') || model.starts_with("gpt-5");
    require(body["max_tokens"].is_null() || !thinks, || {
        Refusal::invalid(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
             'max_completion_tokens' instead.",
        )
        .code("unsupported_parameter")
        .param("max_tokens")
    })
}

/// This provider caches by itself, at every message.
fn prefix(body: &Value) -> Prefix {
    let mut prefix = Prefix::default();
    let blocks = list(body, "tools").iter().chain(list(body, "messages"));
    blocks.for_each(|block| prefix.push(block, Keep::Yes));
    prefix
}

fn line(message: &Value) -> Option<Line> {
    let content = &message["content"];
    match text_at(message, "role") {
        "user" => Some(Line::User(last_text(content).unwrap_or_default())),
        "assistant" => Some(Line::Assistant),
        "tool" => Some(Line::Results(vec![plain(content)])),
        _ => None,
    }
}
