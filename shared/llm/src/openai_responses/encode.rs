use chat::{
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

/// Returns the body of `POST /v1/responses`.
///
/// Nothing is kept by the provider: what it needs to see again goes along, encrypted.
pub(crate) fn encode(request: &ModelRequest) -> Value {
    let names = ToolNames::of(request);
    let spoken = history::spoken(request, &names);
    let mut body = json!({
        "model": request.model.model,
        "stream": true,
        "store": false,
        "prompt_cache_key": request.chat_id,
        "input": spoken.into_iter().flat_map(items).collect::<Vec<_>>(),
    });
    let tools: Vec<_> = request.tools.iter().map(|tool| tool_json(tool, &names)).collect();
    let thinks = effort::openai_thinks(&request.model.model);
    let effort = effort::openai(&request.model.model, request.effort);
    say(&mut body, "max_output_tokens", request.model.options.max_output_tokens.map(Value::from));
    say(&mut body, "instructions", history::system(request).map(Value::String));
    say(&mut body, "tools", (!tools.is_empty()).then_some(Value::Array(tools)));
    say(&mut body, "include", thinks.then(|| json!(["reasoning.encrypted_content"])));
    say(&mut body, "reasoning", effort.map(|effort| json!({"effort": effort, "summary": "auto"})));
    body
}

/// A thought is refused unless what it led to follows it, with its own id, so it waits for that.
fn items(message: Spoken<'_>) -> Vec<Value> {
    let (mut items, mut thoughts) = (Vec::new(), Vec::new());
    for block in message.blocks {
        if let Block::Reasoning { item, .. } = block {
            thoughts.push(item.clone());
            continue;
        }
        let is_own = matches!(
            block,
            Block::Own { .. } | Block::Text { item: Some(_), .. } | Block::Call { item: Some(_), .. }
        );
        if is_own {
            items.append(&mut thoughts);
        }
        thoughts.clear();
        items.push(item(message.role, block));
    }
    items
}

fn item(role: Role, block: Block<'_>) -> Value {
    match block {
        Block::Reasoning { item, .. } | Block::Own { item } => item.clone(),
        Block::Text { text, item: Some(item) } => own_text(item, &text),
        Block::Text { text, item: None } => plain_text(role, &text),
        Block::File(file) => user_message(attached(&file)),
        Block::Call { id, name, args, item } => {
            let bare = || json!({"type": "function_call"});
            call(item.cloned().unwrap_or_else(bare), &id, &name, args)
        }
        Block::Result { id, text, is_error } => {
            let output = if is_error { format!("Error: {text}") } else { text.into_owned() };
            json!({"type": "function_call_output", "call_id": id, "output": output})
        }
    }
}

fn own_text(item: &Value, text: &str) -> Value {
    let mut item = item.clone();
    item["content"] = json!([{"type": "output_text", "text": text, "annotations": []}]);
    item
}

fn plain_text(role: Role, text: &str) -> Value {
    let (role, kind) = match role {
        Role::System => ("developer", "input_text"),
        Role::User | Role::Tool => ("user", "input_text"),
        Role::Assistant => ("assistant", "output_text"),
    };
    json!({"type": "message", "role": role, "content": [{"type": kind, "text": text}]})
}

fn user_message(piece: Value) -> Value {
    json!({"type": "message", "role": "user", "content": [piece]})
}

fn attached(file: &File<'_>) -> Value {
    match file.kind {
        FileKind::Image => json!({"type": "input_image", "image_url": file.data_url(), "detail": "auto"}),
        FileKind::Pdf => json!({"type": "input_file", "filename": file.name, "file_data": file.data_url()}),
    }
}

fn call(mut item: Value, id: &str, name: &str, args: &Value) -> Value {
    item["call_id"] = json!(id);
    item["name"] = json!(name);
    item["arguments"] = json!(args.to_string());
    item
}

/// Strict schemas are the default here, and forbid most schemas that people write.
fn tool_json(tool: &ToolSpec, names: &ToolNames) -> Value {
    let mut json = json!({
        "type": "function",
        "name": names.wire(&tool.name),
        "parameters": schema(tool),
        "strict": false,
    });
    if let Some(description) = &tool.description {
        json["description"] = json!(description);
    }
    json
}
