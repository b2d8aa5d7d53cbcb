//! What the tests of this crate share.

use std::sync::Arc;

use chat::{
    catalogue::ProviderKind,
    id::{ChatId, MessageId, ModelId},
    message::{Message, NewMessage, Role},
    model::{
        Api, Attachment, Attachments, Effort, ModelConfig, ModelError, ModelEvent, ModelOptions,
        ModelRequest, ToolSpec,
    },
    part::{Delta, Part, ProviderItem, StoredPart, ToolCall, ToolResult, assemble},
    time::Timestamp,
};
use kit::seed;
use serde_json::{Value, json};

use crate::stream::Stream;

pub(crate) fn model(api: Api) -> ModelConfig {
    let (provider, model) = match api {
        Api::AnthropicMessages => ("anthropic", "claude-opus-4-7"),
        Api::OpenaiResponses => ("openai", "gpt-5.2"),
        Api::OpenaiChat => ("local", "qwen3"),
        Api::GoogleGenerate => ("google", "gemini-3-pro-preview"),
    };
    let kind = match provider {
        "anthropic" => ProviderKind::Anthropic,
        "openai" => ProviderKind::Openai,
        "google" => ProviderKind::Google,
        _ => ProviderKind::OpenaiCompat,
    };
    let plain = ModelConfig::plain(ModelId(uuid::Uuid::nil()), kind, api, model, 200_000);
    let options = ModelOptions { max_output_tokens: Some(8_192), ..ModelOptions::default() };
    ModelConfig { provider: provider.to_owned(), options, ..plain }
}

pub(crate) fn request(api: Api, messages: Vec<(Role, Vec<StoredPart>)>) -> ModelRequest {
    let placed = messages.into_iter().zip(1..).map(|((role, content), id)| {
        Arc::new(NewMessage::of(role, content).placed(MessageId(id), Timestamp(0), id))
    });
    ModelRequest {
        model: Arc::new(model(api)),
        access: seed::access(),
        chat_id: ChatId(uuid::Uuid::nil()),
        system: Vec::new(),
        messages: placed.collect::<Vec<Arc<Message>>>(),
        attachments: Attachments::default(),
        tools: Vec::new(),
        effort: None,
    }
}

/// Reads a recorded stream, and checks what holds for every answer: the deltas of each part add up to it.
pub(crate) fn read(api: Api, stream: &str) -> (Vec<ModelEvent>, Option<ModelError>) {
    let mut reading = Stream::of(&request(api, Vec::new()));
    reading.feed(stream.as_bytes());
    reading.end();
    let (mut events, mut failure) = (Vec::new(), None);
    while let Some(next) = reading.next() {
        assert!(failure.is_none(), "nothing follows a failure");
        match next {
            Ok(event) => events.push(event),
            Err(error) => failure = Some(error),
        }
    }
    if failure.is_none() {
        check_deltas(&events);
    }
    (events, failure)
}

fn check_deltas(events: &[ModelEvent]) {
    let deltas: Vec<Delta> = events.iter().filter_map(delta).collect();
    let mut streamed = Vec::new();
    for part in parts(events).iter().map(|stored| &stored.part) {
        let is_whole = matches!(part, Part::ToolCall(call) if call.provider_executed)
            || matches!(part, Part::ToolResult(_))
            || matches!(part, Part::Reasoning { text, .. } if text.is_empty());
        if !is_whole {
            streamed.push(part.clone());
        }
    }
    let key = |part: &Part| format!("{part:?}");
    let mut assembled = assemble(deltas);
    assembled.sort_by_key(key);
    streamed.sort_by_key(key);
    // Neighbours of one kind join in a preview, so texts are compared as one.
    assert_eq!(words(&assembled), words(&streamed));
}

fn words(parts: &[Part]) -> (String, Vec<&Part>) {
    let mut all: Vec<char> = Vec::new();
    let mut others = Vec::new();
    for part in parts {
        match part {
            Part::Text { text } | Part::Reasoning { text, .. } => all.extend(text.chars()),
            Part::ToolCall(_)
            | Part::ToolResult(_)
            | Part::Source { .. }
            | Part::File { .. }
            | Part::FileReference { .. }
            | Part::ContextFile { .. }
            | Part::Skill { .. } => others.push(part),
        }
    }
    all.sort_unstable();
    (all.into_iter().collect(), others)
}

fn delta(event: &ModelEvent) -> Option<Delta> {
    match event {
        ModelEvent::Delta(delta) => Some(delta.clone()),
        ModelEvent::Part(_) | ModelEvent::Finish { .. } => None,
    }
}

/// Returns the parts, as the turn keeps them.
pub(crate) fn parts(events: &[ModelEvent]) -> Vec<StoredPart> {
    let part = |event: &ModelEvent| match event {
        ModelEvent::Part(part) => Some(part.clone()),
        ModelEvent::Delta(_) | ModelEvent::Finish { .. } => None,
    };
    events.iter().filter_map(part).collect()
}

/// Writes events as they come over the wire.
pub(crate) fn stream(events: &[Value]) -> String {
    let line = |event: &Value| {
        if let Some(text) = event.as_str() {
            return format!("data: {text}\n\n");
        }
        let name = event.get("type").and_then(Value::as_str).unwrap_or("x");
        format!("event: {name}\ndata: {event}\n\n")
    };
    events.iter().map(line).collect()
}

pub(crate) fn text(text: &str) -> StoredPart {
    Part::Text { text: text.to_owned() }.into()
}

pub(crate) fn call(id: &str, name: &str, args: Value) -> StoredPart {
    let (tool_call_id, tool_name) = (id.into(), name.to_owned());
    Part::ToolCall(ToolCall { tool_call_id, tool_name, args, provider_executed: false }).into()
}

pub(crate) fn result(id: &str, name: &str, result: Value, is_error: bool) -> StoredPart {
    let (tool_call_id, tool_name) = (id.into(), name.to_owned());
    let outcome = None;
    Part::ToolResult(ToolResult {
        tool_call_id,
        tool_name,
        result,
        is_error,
        provider_executed: false,
        outcome,
    })
    .into()
}

pub(crate) fn thought(text: &str, origin: &str, item: Value) -> StoredPart {
    let part = Part::Reasoning { text: text.to_owned(), started_at: None, ended_at: None };
    StoredPart { part, provider: Some(ProviderItem { origin: origin.to_owned(), item }) }
}

/// A message with an image, a PDF, a text, a file that nobody has, and one of a kind that nobody takes, which the model
/// answers with a file of its own.
pub(crate) fn with_files(api: Api) -> ModelRequest {
    let files = [
        ("image/png", "shot.png", &b"png"[..]),
        ("application/pdf", "paper.pdf", b"pdf"),
        ("text/csv", "table.csv", b"a,b"),
        ("image/gif", "lost.gif", b""),
        ("video/mp4", "film.mp4", b"mp4"),
    ];
    let mut attachments = Attachments::default();
    let mut content = vec![text("Look at these.")];
    for (id, (media_type, name, bytes)) in (1..).zip(files) {
        let file_id = uuid::Uuid::from_u128(id);
        let (media_type, name) = (media_type.to_owned(), Some(name.to_owned()));
        if !bytes.is_empty() {
            let file = Attachment { media_type: media_type.clone(), bytes: bytes.into() };
            attachments.add(file_id, file).unwrap();
        }
        content.push(Part::File { file_id, media_type, name }.into());
    }
    let own = content[1].clone();
    let messages = vec![
        (Role::User, content),
        (Role::Assistant, vec![own, text("Seen.")]),
        (Role::User, vec![text("And?")]),
    ];
    ModelRequest { attachments, ..request(api, messages) }
}

/// A history with everything in it: parallel calls, a failed one, thoughts of this origin and of another,
/// steering, instructions on the way, quotes, odd ids and names, and messages that are nobody's.
pub(crate) fn rich(api: Api, item: Value) -> ModelRequest {
    let origin = crate::wire::origin_of(&model(api));
    let quote = Part::FileReference {
        file_name: "src/a.rs".to_owned(),
        start_line: 3,
        end_line: 4,
        content: "let a = 1;\nlet b = 2;".to_owned(),
    };
    let file = Part::File {
        file_id: uuid::Uuid::nil(),
        media_type: "image/png".to_owned(),
        name: Some("shot.png".to_owned()),
    };
    let mut request = request(
        api,
        vec![
            (Role::User, vec![text("Look at this."), quote.into(), file.into()]),
            (
                Role::Assistant,
                vec![
                    thought("Foreign.", "elsewhere/other", json!({"x": 1})),
                    text(" \n"),
                    text("I look."),
                    call("functions.read:0", "fs.read", json!({"path": "a"})),
                    call("call_2", "bash", json!({"command": "ls"})),
                ],
            ),
            (Role::Tool, vec![result("functions.read:0", "fs.read", json!("one\ntwo"), false)]),
            (Role::Tool, vec![result("call_2", "bash", json!({"error": "denied"}), true)]),
            (Role::Tool, vec![result("nobody", "bash", json!("lost"), false)]),
            (Role::User, vec![text("Be quick.")]),
            (Role::System, vec![text("The workspace was restarted.")]),
            (Role::Assistant, vec![thought("Mine.", &origin, item), call("call_2", "bash", json!({}))]),
            (Role::Tool, vec![result("call_2", "bash", json!("ok"), false)]),
        ],
    );
    request.system = vec!["You are helpful.".to_owned(), String::new(), "Be brief.".to_owned()];
    request.tools = vec![
        ToolSpec {
            name: "bash".to_owned(),
            description: Some("Runs a command.".to_owned()),
            input_schema: json!({"type": "object", "properties": {"command": {"type": "string"}}}),
        },
        ToolSpec { name: "fs.read".to_owned(), description: None, input_schema: json!({}) },
    ];
    request.effort = Some(Effort::High);
    request
}
