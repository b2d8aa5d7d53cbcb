//! Anthropic Messages: what is refused and how a request is understood.
//!
//! Texts and statuses are those of the API (<https://docs.claude.com/en/api/errors>).

mod messages;
pub(crate) mod wire;

use axum::http::HeaderMap;
use serde_json::Value;

use super::{
    cache::{Keep, Prefix},
    refusal::{Refusal, is_model, is_name, require},
    script::Fault,
    talk::{Line, Talk, items, last_text, list, plain, text_at},
};

const BREAKPOINTS: usize = 4;
const FIELDS: &[&str] = &[
    "cache_control",
    "container",
    "context_management",
    "inference_geo",
    "max_tokens",
    "mcp_servers",
    "messages",
    "metadata",
    "model",
    "output_config",
    "output_format",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
];

/// A key comes in `x-api-key`, as the documentation has it, or as a bearer, as the official client sends it.
pub(crate) fn admit(headers: &HeaderMap) -> Result<(), Refusal> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let key = header("x-api-key").or(bearer).unwrap_or_default();
    require(!key.is_empty(), || Refusal::new(401, "authentication_error", "x-api-key header is required"))?;
    require(key != "wrong", || fault(Fault::Auth))?;
    require(header("anthropic-version").is_some(), || {
        Refusal::invalid("anthropic-version: header is required")
    })
}

pub(crate) fn read(body: &Value) -> Result<Talk, Refusal> {
    fields(body)?;
    limits(body)?;
    tools(list(body, "tools"))?;
    system(&body["system"])?;
    messages::check(list(body, "messages"))?;
    if text_at(&body["thinking"], "type") == "enabled" {
        messages::thought_first(list(body, "messages"))?;
    }
    let prefix = prefix(body)?;
    let lines = list(body, "messages").iter().flat_map(lines).collect();
    Ok(Talk::new(body, prefix, lines).max_tokens(body["max_tokens"].as_u64()))
}

fn fields(body: &Value) -> Result<(), Refusal> {
    let unknown = body.as_object().into_iter().flatten().find(|(name, _)| !FIELDS.contains(&name.as_str()));
    if let Some((name, _)) = unknown {
        return Err(Refusal::invalid(format!("{name}: Extra inputs are not permitted")));
    }
    for field in ["model", "max_tokens", "messages"] {
        require(!body[field].is_null(), || Refusal::invalid(format!("{field}: Field required")))?;
    }
    require(body["messages"].is_array(), || Refusal::invalid("messages: Input should be a valid list"))?;
    let model = text_at(body, "model");
    require(is_model(model), || Refusal::new(404, "not_found_error", format!("model: {model}")))
}

fn limits(body: &Value) -> Result<(), Refusal> {
    let max_tokens = body["max_tokens"].as_u64();
    require(max_tokens.is_some_and(|max| max > 0), || {
        Refusal::invalid("max_tokens: Input should be greater than or equal to 1")
    })?;
    if text_at(&body["thinking"], "type") != "enabled" {
        return Ok(());
    }
    let budget = body["thinking"]["budget_tokens"].as_u64();
    require(budget.is_some(), || Refusal::invalid("thinking.enabled.budget_tokens: Field required"))?;
    require(budget >= Some(1024), || {
        Refusal::invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    })?;
    require(max_tokens > budget, || {
        Refusal::invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")
    })
}

fn tools(tools: &[Value]) -> Result<(), Refusal> {
    for (index, tool) in tools.iter().enumerate() {
        // Tools that the provider runs have a type of their own and no schema.
        if matches!(tool["type"].as_str(), None | Some("custom")) {
            own_tool(index, tool)?;
        }
        let name = text_at(tool, "name");
        let unique = tools.iter().take(index).all(|other| text_at(other, "name") != name);
        require(unique, || Refusal::invalid("tools: Tool names must be unique."))?;
    }
    Ok(())
}

fn own_tool(index: usize, tool: &Value) -> Result<(), Refusal> {
    let refuse = |text: &str| Refusal::invalid(format!("tools.{index}.custom.{text}"));
    require(tool["name"].is_string(), || refuse("name: Field required"))?;
    require(is_name(text_at(tool, "name"), 128), || {
        refuse("name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")
    })?;
    require(tool["input_schema"].is_object(), || refuse("input_schema: Field required"))?;
    require(text_at(&tool["input_schema"], "type") == "object", || {
        refuse("input_schema.type: Input should be 'object'")
    })
}

fn system(system: &Value) -> Result<(), Refusal> {
    let blank = items(system).iter().any(|block| text_at(block, "text").is_empty());
    require(!blank, || Refusal::invalid("system: text content blocks must be non-empty"))
}

/// Tools, then system, then messages: the order in which the provider caches.
fn prefix(body: &Value) -> Result<Prefix, Refusal> {
    let contents = list(body, "messages").iter().flat_map(|message| blocks(&message["content"]));
    let all = list(body, "tools").iter().chain(blocks(&body["system"])).chain(contents);
    let mut prefix = Prefix::default();
    let mut breakpoints = 0;
    for block in all {
        let keep = if block["cache_control"].is_object() { Keep::Yes } else { Keep::No };
        breakpoints += usize::from(keep == Keep::Yes);
        prefix.push(block, keep);
    }
    require(breakpoints <= BREAKPOINTS, || {
        Refusal::invalid(format!(
            "A maximum of {BREAKPOINTS} blocks with cache_control may be provided. Found {breakpoints}."
        ))
    })?;
    Ok(prefix)
}

/// A plain text is a content of one block.
fn blocks(content: &Value) -> &[Value] {
    if content.is_string() { std::slice::from_ref(content) } else { items(content) }
}

fn lines(message: &Value) -> Vec<Line> {
    if text_at(message, "role") == "assistant" {
        return vec![Line::Assistant];
    }
    let content = &message["content"];
    let answered = items(content).iter().filter(|block| text_at(block, "type") == "tool_result");
    let results: Vec<_> = answered.map(|block| plain(&block["content"])).collect();
    let results = (!results.is_empty()).then_some(Line::Results(results));
    results.into_iter().chain(last_text(content).map(Line::User)).collect()
}

/// The provider's own status, type and text for a kind of failure.
pub(crate) fn fault(fault: Fault) -> Refusal {
    match fault {
        Fault::Overloaded => Refusal::new(529, "overloaded_error", "Overloaded"),
        Fault::RateLimit => Refusal::new(
            429,
            "rate_limit_error",
            "This request would exceed the rate limit for your organization of 50,000 input tokens per minute.",
        ),
        Fault::Quota => Refusal::invalid(
            "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to \
             upgrade or purchase credits.",
        ),
        Fault::Auth => Refusal::new(401, "authentication_error", "invalid x-api-key"),
        Fault::Forbidden => Refusal::new(
            403,
            "permission_error",
            "Your API key does not have permission to use the specified resource.",
        ),
        Fault::NotFound => Refusal::new(404, "not_found_error", "model: claude-unknown"),
        Fault::TooLarge => Refusal::new(413, "request_too_large", "Request exceeds the maximum size"),
        Fault::Context => Refusal::invalid("prompt is too long: 208310 tokens > 200000 maximum"),
        Fault::Timeout => Refusal::new(504, "timeout_error", "The request timed out while processing."),
        Fault::Server => Refusal::new(500, "api_error", "Internal server error"),
        Fault::Invalid => Refusal::invalid("messages: Input should be a valid list"),
    }
}
