use chat::{
    catalogue::ProviderKind,
    message::Role,
    model::{ModelRequest, ToolSpec},
};
use serde_json::{Value, json};

use crate::{
    effort,
    files::{File, FileKind},
    history::{self, Block, Spoken},
    names::ToolNames,
    wire::{say, schema},
};

/// Returns the body of `POST /v1/chat/completions`.
pub(crate) fn encode(request: &ModelRequest) -> Value {
    let names = ToolNames::of(request);
    let spoken = history::spoken(request, &names);
    let mut body = json!({
        "model": request.model.model,
        "stream": true,
        "stream_options": {"include_usage": true},
        "messages": messages(request, spoken),
    });
    let (kind, model) = (request.model.kind, request.model.model.as_str());
    // OpenAI's newer models refuse the old name of the limit; most others know no other.
    let is_openai = effort::is_openai(kind, model);
    let limit = if is_openai { "max_completion_tokens" } else { "max_tokens" };
    say(&mut body, limit, request.model.options.max_output_tokens.map(Value::from));
    let tools: Vec<_> = request.tools.iter().map(|tool| tool_json(tool, &names)).collect();
    let effort = effort::compatible(kind, model, request.effort);
    say(&mut body, "prompt_cache_key", is_openai_itself(kind).then(|| json!(request.chat_id)));
    say(&mut body, "tools", (!tools.is_empty()).then_some(Value::Array(tools)));
    if is_gateway(kind) {
        say(&mut body, "reasoning", effort.map(|effort| json!({"effort": effort})));
    } else {
        say(&mut body, "reasoning_effort", effort.map(Value::from));
    }
    body
}

/// Who knows all of the fields that `OpenAI` has.
const fn is_openai_itself(kind: ProviderKind) -> bool {
    matches!(kind, ProviderKind::Openai | ProviderKind::Azure)
}

/// Gateways to many makers have one object for all that is said of thinking.
const fn is_gateway(kind: ProviderKind) -> bool {
    matches!(kind, ProviderKind::Openrouter | ProviderKind::Vercel)
}

fn messages(request: &ModelRequest, spoken: Vec<Spoken<'_>>) -> Vec<Value> {
    let mut messages = Vec::new();
    messages.extend(history::system(request).map(|text| json!({"role": "system", "content": text})));
    // Servers that want their thoughts back want those of the running turn, and some refuse older ones.
    let turn = spoken.iter().rposition(|message| message.role == Role::User).unwrap_or(0);
    for (index, message) in spoken.into_iter().enumerate() {
        if message.role == Role::Assistant {
            messages.extend(answer(message, index > turn));
        } else {
            messages.extend(said(message));
        }
    }
    messages
}

fn said(message: Spoken<'_>) -> Vec<Value> {
    let role = match message.role {
        Role::System => "system",
        Role::User | Role::Tool | Role::Assistant => "user",
    };
    let mut messages = Vec::new();
    let mut texts = Vec::new();
    let mut files = Vec::new();
    for block in message.blocks {
        match block {
            Block::Text { text, .. } => texts.push(text.into_owned()),
            Block::File(file) => files.push(attached(&file)),
            Block::Result { id, text, is_error } => {
                let content = if is_error { format!("Error: {text}") } else { text.into_owned() };
                messages.push(json!({"role": "tool", "tool_call_id": id, "content": content}));
            }
            Block::Reasoning { .. } | Block::Call { .. } | Block::Own { .. } => {}
        }
    }
    if !files.is_empty() {
        let text = (!texts.is_empty()).then(|| json!({"type": "text", "text": texts.join("\n\n")}));
        files.extend(text);
        messages.push(json!({"role": role, "content": files}));
    } else if !texts.is_empty() {
        messages.push(json!({"role": role, "content": texts.join("\n\n")}));
    }
    messages
}

fn attached(file: &File<'_>) -> Value {
    match file.kind {
        FileKind::Image => json!({"type": "image_url", "image_url": {"url": file.data_url()}}),
        FileKind::Pdf => {
            json!({"type": "file", "file": {"filename": file.name, "file_data": file.data_url()}})
        }
    }
}

fn answer(message: Spoken<'_>, of_this_turn: bool) -> Option<Value> {
    let (mut texts, mut calls, mut thought) = (Vec::new(), Vec::new(), None);
    for block in message.blocks {
        match block {
            Block::Text { text, .. } => texts.push(text.into_owned()),
            Block::Call { id, name, args, item } => calls.push(call(&id, &name, args, item)),
            Block::Reasoning { text, item } => {
                let field = item.get("field").and_then(Value::as_str);
                thought = field.map(|field| (field.to_owned(), text.to_owned()));
            }
            Block::Result { .. } | Block::Own { .. } | Block::File(_) => {}
        }
    }
    if texts.is_empty() && calls.is_empty() {
        return None;
    }
    let content = if texts.is_empty() { Value::Null } else { json!(texts.join("\n\n")) };
    let mut answer = json!({"role": "assistant", "content": content});
    if let (false, true, Some((field, text))) = (calls.is_empty(), of_this_turn, thought) {
        answer[field] = json!(text);
    }
    if !calls.is_empty() {
        answer["tool_calls"] = Value::Array(calls);
    }
    Some(answer)
}

fn call(id: &str, name: &str, args: &Value, item: Option<&Value>) -> Value {
    let mut call = item.cloned().unwrap_or_else(|| json!({}));
    call["id"] = json!(id);
    call["type"] = json!("function");
    call["function"] = json!({"name": name, "arguments": args.to_string()});
    call
}

fn tool_json(tool: &ToolSpec, names: &ToolNames) -> Value {
    let mut function = json!({"name": names.wire(&tool.name), "parameters": schema(tool)});
    if let Some(description) = &tool.description {
        function["description"] = json!(description);
    }
    json!({"type": "function", "function": function})
}
