//! The three wire formats, told apart here and nowhere else.

use chat::model::{Api, ModelConfig, ModelRequest, ToolSpec};
use reqwest::{
    RequestBuilder,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::{Value, json};

use crate::{
    anthropic, assembly::Assembly, endpoint::Endpoint, fault::Fault, openai_chat, openai_responses, sse,
};

/// The version of Anthropic's wire format that is spoken here.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// Reads the events of one answer.
pub(crate) trait Decode: Send + std::fmt::Debug {
    /// Takes one event.
    fn take(&mut self, event: &sse::Event, answer: &mut Assembly) -> Result<(), Fault>;

    /// Takes the end of the stream, which comes too early unless the wire format says otherwise.
    fn end(&mut self, _answer: &mut Assembly) -> Result<(), Fault> {
        Err(Fault::ended_early())
    }
}

/// Returns which wire and provider make the items of `model`, such as `anthropic_messages/anthropic`.
pub(crate) fn origin(model: &ModelConfig) -> String {
    let api = match model.api {
        Api::AnthropicMessages => "anthropic_messages",
        Api::OpenaiResponses => "openai_responses",
        Api::OpenaiChat => "openai_chat",
    };
    format!("{api}/{}", model.provider)
}

/// Returns the body of the request.
pub(crate) fn encode(request: &ModelRequest) -> Value {
    match request.model.api {
        Api::AnthropicMessages => anthropic::encode(request),
        Api::OpenaiResponses => openai_responses::encode(request),
        Api::OpenaiChat => openai_chat::encode(request),
    }
}

/// Returns a reader of the answer.
pub(crate) fn decoder(api: Api) -> Box<dyn Decode> {
    match api {
        Api::AnthropicMessages => Box::<anthropic::Decoder>::default(),
        Api::OpenaiResponses => Box::<openai_responses::Decoder>::default(),
        Api::OpenaiChat => Box::<openai_chat::Decoder>::default(),
    }
}

/// Returns the request's address.
pub(crate) fn url(api: Api, endpoint: &Endpoint) -> String {
    endpoint.url(match api {
        Api::AnthropicMessages => "/v1/messages",
        Api::OpenaiResponses => "/responses",
        Api::OpenaiChat => "/chat/completions",
    })
}

/// Adds the key, which no log shows.
pub(crate) fn authorize(api: Api, endpoint: &Endpoint, request: RequestBuilder) -> RequestBuilder {
    let key = endpoint.api_key.reveal();
    match api {
        Api::AnthropicMessages => {
            request.header("anthropic-version", ANTHROPIC_VERSION).headers(secret_header("x-api-key", key))
        }
        Api::OpenaiResponses | Api::OpenaiChat => {
            request.headers(secret_header("authorization", &format!("Bearer {key}")))
        }
    }
}

/// A key that no header can carry is left out, and the provider says that it is missing.
fn secret_header(name: &'static str, text: &str) -> HeaderMap {
    let value = text.parse().map(|mut value: HeaderValue| {
        value.set_sensitive(true);
        (HeaderName::from_static(name), value)
    });
    value.into_iter().collect()
}

/// Says something in a body, or leaves it to the provider.
pub(crate) fn say(body: &mut Value, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        body[name] = value;
    }
}

/// Reads the JSON of an event.
pub(crate) fn as_json(data: &str) -> Result<Value, Fault> {
    serde_json::from_str(data).map_err(|error| Fault::malformed(format!("an event is not JSON: {error}")))
}

/// Returns a field, or null.
pub(crate) fn field<'a>(json: &'a Value, name: &str) -> &'a Value {
    json.get(name).unwrap_or(&Value::Null)
}

/// Returns a field's text, or nothing.
pub(crate) fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    field(json, name).as_str().unwrap_or_default()
}

/// Returns a field's number, or 0.
pub(crate) fn count(json: &Value, name: &str) -> u64 {
    field(json, name).as_u64().unwrap_or(0)
}

/// Returns the schema of a tool's arguments; all providers want an object with properties.
pub(crate) fn schema(tool: &ToolSpec) -> Value {
    let mut schema = tool.input_schema.as_object().cloned().unwrap_or_default();
    schema.entry("type").or_insert_with(|| json!("object"));
    schema.entry("properties").or_insert_with(|| json!({}));
    Value::Object(schema)
}
