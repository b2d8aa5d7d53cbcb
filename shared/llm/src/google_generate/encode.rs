use std::collections::HashMap;

use chat::{
    message::Role,
    model::{ModelRequest, ToolSpec},
};
use serde_json::{Value, json};

use crate::{
    effort,
    history::{self, Block, Spoken},
    names::ToolNames,
    wire::{say, schema},
};

/// What the newer models take for the signature of a call that another model made:
/// <https://ai.google.dev/gemini-api/docs/thought-signatures>.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// Returns the body of `POST /v1beta/models/{model}:streamGenerateContent`.
pub(crate) fn encode(request: &ModelRequest) -> Value {
    let names = ToolNames::of(request);
    let spoken = history::spoken(request, &names);
    let (system, contents) = (system(request, &spoken), contents(request, spoken));
    let mut config = json!({});
    say(&mut config, "maxOutputTokens", request.model.options.max_output_tokens.map(Value::from));
    let thinking = effort::google(&request.model.model, request.effort);
    say(&mut config, "thinkingConfig", thinking);
    let mut body = json!({"contents": contents, "generationConfig": config});
    let tools: Vec<_> = request.tools.iter().map(|tool| tool_json(tool, &names)).collect();
    say(&mut body, "systemInstruction", system);
    say(&mut body, "tools", (!tools.is_empty()).then(|| json!([{"functionDeclarations": tools}])));
    body
}

/// There is no place for instructions among the contents, so they join the system prompt.
fn system(request: &ModelRequest, spoken: &[Spoken<'_>]) -> Option<Value> {
    let later = spoken.iter().filter(|message| message.role == Role::System).flat_map(|message| {
        message.blocks.iter().filter_map(|block| match block {
            Block::Text { text, .. } => Some(text.as_ref()),
            Block::Reasoning { .. }
            | Block::Call { .. }
            | Block::Result { .. }
            | Block::Own { .. }
            | Block::File(_) => None,
        })
    });
    let texts = request.system.iter().map(String::as_str).chain(later);
    let parts: Vec<_> =
        texts.filter(|text| !text.trim().is_empty()).map(|text| json!({"text": text})).collect();
    (!parts.is_empty()).then(|| json!({"parts": parts}))
}

/// Contents of one side are run together: all results of an answer's calls must be in one.
fn contents(request: &ModelRequest, spoken: Vec<Spoken<'_>>) -> Vec<Value> {
    let mut contents: Vec<(&'static str, Vec<Value>)> = Vec::new();
    let mut called = HashMap::new();
    for message in spoken {
        let role = match message.role {
            Role::System => continue,
            Role::User | Role::Tool => "user",
            Role::Assistant => "model",
        };
        let parts: Vec<_> = message.blocks.into_iter().filter_map(|block| part(block, &mut called)).collect();
        match contents.last_mut().filter(|(last, _)| *last == role) {
            Some((_, held)) => held.extend(parts),
            None if parts.is_empty() => {}
            None => contents.push((role, parts)),
        }
    }
    let must_sign = effort::gemini_version(&request.model.model) >= (3, 0);
    for (role, parts) in &mut contents {
        match *role {
            "user" => {
                let (results, others): (Vec<_>, Vec<_>) =
                    parts.drain(..).partition(|part| part.get("functionResponse").is_some());
                parts.extend(results.into_iter().chain(others));
            }
            _ if must_sign => sign_first_call(parts),
            _ => {}
        }
    }
    contents.into_iter().map(|(role, parts)| json!({"role": role, "parts": parts})).collect()
}

/// A call that a result is to name: by its function, and by Google's own id where it gave one.
struct Called {
    name: String,
    id: Option<Value>,
}

fn part(block: Block<'_>, called: &mut HashMap<String, Called>) -> Option<Value> {
    Some(match block {
        Block::Text { text, item } => with_item(json!({"text": text}), item),
        Block::Own { item } => item.clone(),
        Block::File(file) => json!({"inlineData": {"mimeType": file.media_type, "data": file.base64()}}),
        Block::Reasoning { text, item } => match item.get("part") {
            Some(part) => part.clone(),
            None => with_item(json!({"text": text}), Some(item)),
        },
        Block::Call { id, name, args, item } => {
            let wire_id = item.and_then(|item| item.get("id")).cloned();
            let mut call = json!({"name": name, "args": args});
            say(&mut call, "id", wire_id.clone());
            called.insert(id, Called { name, id: wire_id });
            let mut part = json!({"functionCall": call});
            say(&mut part, "thoughtSignature", item.and_then(|item| item.get("thoughtSignature")).cloned());
            part
        }
        Block::Result { id, text, is_error } => {
            let said = if is_error { "error" } else { "output" };
            let Called { name, id } = called.remove(&id)?;
            let mut response = json!({"name": name, "response": {said: text}});
            say(&mut response, "id", id);
            json!({"functionResponse": response})
        }
    })
}

fn with_item(mut part: Value, item: Option<&Value>) -> Value {
    for (name, value) in item.and_then(Value::as_object).into_iter().flatten() {
        part[name] = value.clone();
    }
    part
}

fn sign_first_call(parts: &mut [Value]) {
    let first = parts.iter_mut().find(|part| part.get("functionCall").is_some());
    if let Some(call) = first.filter(|call| call.get("thoughtSignature").is_none()) {
        call["thoughtSignature"] = json!(NO_SIGNATURE);
    }
}

fn tool_json(tool: &ToolSpec, names: &ToolNames) -> Value {
    let mut json = json!({"name": names.wire(&tool.name), "parametersJsonSchema": schema(tool)});
    say(&mut json, "description", tool.description.clone().map(Value::from));
    json
}
