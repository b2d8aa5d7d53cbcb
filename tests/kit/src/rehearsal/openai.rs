//! What OpenAI's two formats share: credentials, tools, models and errors.
//!
//! Texts and statuses are those of the API (<https://platform.openai.com/docs/guides/error-codes>).

use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::{
    refusal::{Refusal, is_name, require},
    script::Fault,
    talk::text_at,
};

pub(crate) fn admit(headers: &HeaderMap) -> Result<(), Refusal> {
    let header = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = header.strip_prefix("Bearer ").unwrap_or_default();
    require(!key.is_empty(), || {
        Refusal::new(
            401,
            "invalid_request_error",
            "You didn't provide an API key. You need to provide your API key in an Authorization header using \
             Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
        )
    })?;
    require(key != "wrong", || fault(Fault::Auth))
}

pub(crate) fn fields(body: &Value, known: &[&str]) -> Result<(), Refusal> {
    let unknown = body.as_object().into_iter().flatten().find(|(name, _)| !known.contains(&name.as_str()));
    match unknown {
        Some((name, _)) => Err(Refusal::invalid(format!("Unknown parameter: '{name}'."))
            .code("unknown_parameter")
            .param(name)),
        None => Ok(()),
    }
}

pub(crate) fn missing(param: &str) -> Refusal {
    Refusal::invalid(format!("Missing required parameter: '{param}'."))
        .code("missing_required_parameter")
        .param(param)
}

/// Checks one function of the request; `at` is its place in the body.
pub(crate) fn function(at: &str, function: &Value) -> Result<(), Refusal> {
    let name = text_at(function, "name");
    let param = format!("{at}.name");
    require(function["name"].is_string(), || missing(&param))?;
    require(is_name(name, 64), || {
        Refusal::invalid(format!(
            "Invalid '{param}': string does not match pattern. Expected a string that matches the pattern \
             '^[a-zA-Z0-9_-]+$'."
        ))
        .code("invalid_value")
        .param(&param)
    })?;
    let schema = &function["parameters"];
    require(schema.is_object(), || missing(&format!("{at}.parameters")))?;
    require(text_at(schema, "type") == "object", || {
        Refusal::invalid(format!(
            "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got \
             'type: \"{}\"'.",
            schema["type"].as_str().unwrap_or("None")
        ))
        .code("invalid_function_parameters")
        .param(format!("{at}.parameters"))
    })
}

pub(crate) fn invalid_value(param: &str, value: &str, supported: &str) -> Refusal {
    Refusal::invalid(format!("Invalid value: '{value}'. Supported values are: {supported}."))
        .code("invalid_value")
        .param(param)
}

pub(crate) fn error(refusal: &Refusal) -> Value {
    json!({
        "message": refusal.message,
        "type": refusal.kind,
        "param": refusal.param,
        "code": refusal.code,
    })
}

/// The provider's own status, type, code and text for a kind of failure.
// A table, so it is one function, however long.
pub(crate) fn fault(fault: Fault) -> Refusal {
    let of = Refusal::new;
    match fault {
        Fault::Overloaded => {
            of(503, "service_unavailable_error", "Our servers are currently overloaded. Please try again later.")
                .code("server_is_overloaded")
        }
        Fault::RateLimit => of(
            429,
            "tokens",
            "Rate limit reached for gpt-5 in organization org-rehearsal on tokens per min (TPM): Limit 30000, \
             Used 29500, Requested 1200. Please try again in 1.4s.",
        )
        .code("rate_limit_exceeded"),
        Fault::Quota => of(
            429,
            "insufficient_quota",
            "You exceeded your current quota, please check your plan and billing details.",
        )
        .code("insufficient_quota"),
        Fault::Auth => of(
            401,
            "invalid_request_error",
            "Incorrect API key provided: wrong. You can find your API key at \
             https://platform.openai.com/account/api-keys.",
        )
        .code("invalid_api_key"),
        Fault::Forbidden => of(403, "request_forbidden", "Country, region, or territory not supported")
            .code("unsupported_country_region_territory"),
        Fault::NotFound => of(
            404,
            "invalid_request_error",
            "The model `gpt-unknown` does not exist or you do not have access to it.",
        )
        .code("model_not_found"),
        Fault::TooLarge => of(413, "invalid_request_error", "Request body is too large."),
        Fault::Context => Refusal::invalid(
            "Your input exceeds the context window of this model. Please adjust your input and try again.",
        )
        .code("context_length_exceeded")
        .param("input"),
        Fault::Timeout => of(408, "server_error", "Request timed out."),
        Fault::Server => of(
            500,
            "server_error",
            "The server had an error while processing your request. Sorry about that!",
        )
        .code("server_error"),
        Fault::Invalid => Refusal::invalid("We could not parse the JSON body of your request."),
    }
}
