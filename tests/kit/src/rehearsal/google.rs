//! Google's Generate Content: what is refused and how a request is understood.
//!
//! Texts and statuses are those of the API (<https://ai.google.dev/gemini-api/docs/troubleshooting>).

mod contents;
mod fault;
pub(crate) mod wire;

use axum::http::HeaderMap;
use serde_json::{Value, json};

pub(crate) use fault::{error, fault};

use super::{
    cache::{Keep, Prefix},
    refusal::{Refusal, is_model, is_name, require},
    script::Fault,
    talk::{Line, Talk, list, text_at},
};

const FIELDS: &[&str] = &[
    "cachedContent",
    "contents",
    "generationConfig",
    "safetySettings",
    "systemInstruction",
    "toolConfig",
    "tools",
    // From the address.
    "model",
    "stream",
];

const CONFIG: &[&str] = &[
    "candidateCount",
    "frequencyPenalty",
    "maxOutputTokens",
    "presencePenalty",
    "responseJsonSchema",
    "responseMimeType",
    "responseSchema",
    "seed",
    "stopSequences",
    "temperature",
    "thinkingConfig",
    "topK",
    "topP",
];

/// Says which model is called how: that is in the address and not in the body.
pub(crate) fn addressed(path: &str, mut body: Value) -> Value {
    let call = path.rsplit('/').next().unwrap_or_default();
    let (model, method) = call.split_once(':').unwrap_or((call, ""));
    if body.is_object() {
        body["model"] = json!(model);
        body["stream"] = json!(method == "streamGenerateContent");
    }
    body
}

pub(crate) fn admit(headers: &HeaderMap) -> Result<(), Refusal> {
    let key = headers.get("x-goog-api-key").and_then(|value| value.to_str().ok()).unwrap_or_default();
    require(!key.is_empty(), || {
        Refusal::new(
            403,
            "PERMISSION_DENIED",
            "Method doesn't allow unregistered callers (callers without established identity). Please use API \
             Key or other form of API consumer identity to call this API.",
        )
    })?;
    require(key != "wrong", || fault(Fault::Auth))
}

pub(crate) fn read(body: &Value) -> Result<Talk, Refusal> {
    known(body, FIELDS, "")?;
    known(&body["generationConfig"], CONFIG, " at 'generation_config'")?;
    let model = text_at(body, "model");
    require(is_model(model), || {
        let words = format!(
            "models/{model} is not found for API version v1beta, or is not supported for generateContent."
        );
        Refusal::new(404, "NOT_FOUND", words)
    })?;
    functions(body)?;
    contents::check(model, list(body, "contents"))?;
    let lines = list(body, "contents").iter().flat_map(lines).collect();
    let max_tokens = body["generationConfig"]["maxOutputTokens"].as_u64();
    Ok(Talk::new(body, prefix(body), lines).max_tokens(max_tokens))
}

fn invalid(words: impl Into<String>) -> Refusal {
    Refusal::new(400, "INVALID_ARGUMENT", words)
}

fn known(object: &Value, fields: &[&str], place: &str) -> Result<(), Refusal> {
    let unknown = object.as_object().into_iter().flatten().find(|(name, _)| !fields.contains(&name.as_str()));
    match unknown {
        Some((name, _)) => Err(invalid(format!(
            "Invalid JSON payload received. Unknown name \"{name}\"{place}: Cannot find field."
        ))),
        None => Ok(()),
    }
}

fn functions(body: &Value) -> Result<(), Refusal> {
    let tools = list(body, "tools").iter();
    for function in tools.flat_map(|tool| list(tool, "functionDeclarations")) {
        require(is_name(text_at(function, "name"), 64), || {
            invalid(
                "Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, \
                 A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.",
            )
        })?;
    }
    Ok(())
}

/// This provider caches by itself, at every content.
fn prefix(body: &Value) -> Prefix {
    let mut prefix = Prefix::default();
    prefix.push(&body["systemInstruction"], Keep::Yes);
    let blocks = list(body, "tools").iter().chain(list(body, "contents"));
    blocks.for_each(|block| prefix.push(block, Keep::Yes));
    prefix
}

/// Results come first in a content; what a person said meanwhile comes after them.
fn lines(content: &Value) -> Vec<Line> {
    if text_at(content, "role") == "model" {
        return vec![Line::Assistant];
    }
    let parts = list(content, "parts");
    let responses = parts.iter().filter_map(|part| part.get("functionResponse"));
    let results: Vec<_> = responses.map(said).collect();
    let results = (!results.is_empty()).then_some(Line::Results(results));
    let words = parts.iter().rev().find_map(|part| part["text"].as_str());
    results.into_iter().chain(words.map(|words| Line::User(words.to_owned()))).collect()
}

fn said(response: &Value) -> String {
    let fields = &response["response"];
    let text =
        fields["output"].as_str().or_else(|| fields["error"].as_str()).or_else(|| fields["result"].as_str());
    text.map_or_else(|| fields.to_string(), str::to_owned)
}
