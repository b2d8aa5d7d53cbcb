//! The four wire formats, told apart here and nowhere else.

use std::borrow::Cow;

use chat::{
    catalogue::KeySource,
    model::{Api, ModelConfig, ModelRequest, ToolSpec},
};
use serde_json::{Value, json};

use crate::{
    anthropic, assembly::Assembly, fault::Fault, google_generate, openai_chat, openai_responses, options, sse,
};

/// Reads the events of one answer.
pub(crate) trait Decode: Send + std::fmt::Debug {
    /// Takes one event.
    fn take(&mut self, event: &sse::Event, answer: &mut Assembly) -> Result<(), Fault>;

    /// Takes the end of the stream, which comes too early unless the wire format says otherwise.
    fn end(&mut self, _answer: &mut Assembly) -> Result<(), Fault> {
        Err(Fault::ended_early())
    }
}

/// Returns what makes the items of an answer, and alone understands them: wire, provider, model, and whose account it
/// is where it is a person's own.
pub(crate) fn origin(request: &ModelRequest) -> String {
    let shared = origin_of(&request.model);
    match &request.access.key {
        KeySource::Environment | KeySource::Central(_) => shared,
        KeySource::Own(user_id, _) => format!("{shared}/{user_id}"),
    }
}

/// Returns the same for the deployment's own account, such as `anthropic_messages/anthropic/claude-opus-4-7`.
pub(crate) fn origin_of(model: &ModelConfig) -> String {
    let api = match model.api {
        Api::AnthropicMessages => "anthropic_messages",
        Api::OpenaiResponses => "openai_responses",
        Api::OpenaiChat => "openai_chat",
        Api::GoogleGenerate => "google_generate",
    };
    format!("{api}/{}/{}", model.provider, model.model)
}

/// Returns the body of the request.
pub(crate) fn encode(request: &ModelRequest) -> Value {
    let request = &offered(request);
    let mut body = match request.model.api {
        Api::AnthropicMessages => anthropic::encode(request),
        Api::OpenaiResponses => openai_responses::encode(request),
        Api::OpenaiChat => openai_chat::encode(request),
        Api::GoogleGenerate => google_generate::encode(request),
    };
    options::apply(&request.model, &mut body);
    body
}

/// Leaves out the tool of ours that the provider has one of the same name for: two would be refused, and built-in tools
/// go before those of clients.
fn offered(request: &ModelRequest) -> Cow<'_, ModelRequest> {
    let own = options::own_tool(&request.model);
    let is_own = |tool: &ToolSpec| own == Some(tool.name.as_str());
    if !request.tools.iter().any(is_own) {
        return Cow::Borrowed(request);
    }
    let tools = request.tools.iter().filter(|tool| !is_own(tool)).cloned().collect();
    Cow::Owned(ModelRequest { tools, ..request.clone() })
}

/// Returns a reader of the answer.
pub(crate) fn decoder(api: Api) -> Box<dyn Decode> {
    match api {
        Api::AnthropicMessages => Box::<anthropic::Decoder>::default(),
        Api::OpenaiResponses => Box::<openai_responses::Decoder>::default(),
        Api::OpenaiChat => Box::<openai_chat::Decoder>::default(),
        Api::GoogleGenerate => Box::<google_generate::Decoder>::default(),
    }
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

/// More tokens than any call has.
const MOST_TOKENS: u64 = 1_000_000_000;

/// Returns a field's number, an index or tokens, or 0. A provider's nonsense is bounded here, so that no sum overflows.
pub(crate) fn count(json: &Value, name: &str) -> u64 {
    field(json, name).as_u64().unwrap_or(0).min(MOST_TOKENS)
}

/// Returns the schema of a tool's arguments; all providers want an object with properties.
pub(crate) fn schema(tool: &ToolSpec) -> Value {
    let mut schema = tool.input_schema.as_object().cloned().unwrap_or_default();
    schema.entry("type").or_insert_with(|| json!("object"));
    schema.entry("properties").or_insert_with(|| json!({}));
    Value::Object(schema)
}
