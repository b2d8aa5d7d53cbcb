use chat::{
    message::Role,
    model::{ModelRequest, ToolSpec},
};
use serde_json::{Value, json};

use crate::{
    effort,
    history::{self, Block, Spoken},
    names::ToolNames,
    wire::schema,
};

/// Returns the body of `POST /v1/responses`.
///
/// Nothing is kept by the provider: what it needs to see again goes along, encrypted.
pub(crate) fn encode(request: &ModelRequest) -> Value {
    let names = ToolNames::of(&request.tools);
    let spoken = history::spoken(request, &names);
    let mut body = json!({
        "model": request.model.model,
        "max_output_tokens": request.model.max_output_tokens,
        "stream": true,
        "store": false,
        "prompt_cache_key": request.chat_id,
        "input": spoken.into_iter().flat_map(items).collect::<Vec<_>>(),
    });
    let system = request.system.iter().filter(|text| !text.trim().is_empty()).cloned().collect::<Vec<_>>();
    if !system.is_empty() {
        body["instructions"] = json!(system.join("\n\n"));
    }
    if !request.tools.is_empty() {
        body["tools"] = request.tools.iter().map(|tool| tool_json(tool, &names)).collect();
    }
    if effort::openai_thinks(&request.model.model) {
        body["include"] = json!(["reasoning.encrypted_content"]);
    }
    if let Some(effort) = effort::openai(&request.model.model, request.effort) {
        body["reasoning"] = json!({"effort": effort, "summary": "auto"});
    }
    body
}

fn items(message: Spoken<'_>) -> Vec<Value> {
    let role = message.role;
    let mut items = Vec::new();
    // A thought is refused unless what it led to follows it, so it waits for that.
    let mut thoughts: Vec<Value> = Vec::new();
    for block in message.blocks {
        match block {
            Block::Reasoning { item, .. } => thoughts.push(item.clone()),
            Block::Text { item: Some(item), text } => {
                items.append(&mut thoughts);
                items.push(own_text(item, &text));
            }
            Block::Call { item: Some(item), id, name, args } => {
                items.append(&mut thoughts);
                items.push(call(item.clone(), &id, &name, args));
            }
            Block::Text { item: None, text } => {
                thoughts.clear();
                items.push(plain_text(role, &text));
            }
            Block::Call { item: None, id, name, args } => {
                thoughts.clear();
                items.push(call(json!({"type": "function_call"}), &id, &name, args));
            }
            Block::Result { id, text, is_error } => {
                let output = if is_error { format!("Error: {text}") } else { text.into_owned() };
                items.push(json!({"type": "function_call_output", "call_id": id, "output": output}));
            }
        }
    }
    items
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
