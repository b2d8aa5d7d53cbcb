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
    options,
    wire::{say, schema},
};

/// Of the four breakpoints that a request may have, one is for the system prompt, and with it the tools before it.
const CACHED_TURNS: usize = 2;

/// Returns the body of `POST /v1/messages`.
pub(crate) fn encode(request: &ModelRequest) -> Value {
    let names = ToolNames::of(request);
    let spoken = history::spoken(request, &names);
    let system = system(request, &spoken);
    let keeps_thoughts = options::of_provider(&request.model, "send_reasoning") != Some(&json!(false));
    let mut messages = messages(spoken, keeps_thoughts);
    let said = effort::anthropic(&request.model, request.effort);
    let thinks = !(said.needs_thought_first && is_amid_tools_without_thought(&messages));
    cache_last_turns(&mut messages);
    let mut body = json!({
        "model": request.model.model,
        "max_tokens": request.model.max_output_tokens(),
        "stream": true,
        "metadata": {"user_id": request.chat_id},
        "messages": messages.into_iter().map(Turn::into_json).collect::<Vec<_>>(),
    });
    let tools = request.tools.iter().map(|tool| tool_json(tool, &names)).collect();
    say(&mut body, "system", cached_list(system));
    say(&mut body, "tools", Some(tools).filter(|tools: &Vec<_>| !tools.is_empty()).map(Value::Array));
    say(&mut body, "thinking", said.thinking.filter(|_| thinks));
    say(&mut body, "output_config", said.output_config);
    body
}

/// Messages of one side, run together: the sides must take turns.
#[derive(Debug)]
struct Turn {
    role: &'static str,
    content: Vec<Value>,
}

impl Turn {
    fn into_json(self) -> Value {
        json!({"role": self.role, "content": self.content})
    }
}

/// There is no place for instructions among the messages, so they join the system prompt.
fn system(request: &ModelRequest, spoken: &[Spoken<'_>]) -> Vec<Value> {
    let first = request.system.iter().map(String::as_str);
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
    let texts = first.chain(later).filter(|text| !text.trim().is_empty());
    texts.map(|text| json!({"type": "text", "text": text})).collect()
}

fn messages(spoken: Vec<Spoken<'_>>, keeps_thoughts: bool) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for message in spoken {
        let role = match message.role {
            Role::System => continue,
            Role::User | Role::Tool => "user",
            Role::Assistant => "assistant",
        };
        let is_sent = |block: &Block<'_>| keeps_thoughts || !matches!(block, Block::Reasoning { .. });
        let content: Vec<Value> =
            sendable(message.blocks).into_iter().filter(is_sent).map(block_json).collect();
        if content.is_empty() {
            continue;
        }
        match turns.last_mut().filter(|turn| turn.role == role) {
            Some(turn) => turn.content.extend(content),
            None => turns.push(Turn { role, content }),
        }
    }
    // Results come first in the message after the calls; what a person said meanwhile comes after them.
    for turn in turns.iter_mut().filter(|turn| turn.role == "user") {
        let (results, others): (Vec<_>, Vec<_>) =
            turn.content.drain(..).partition(|block| is(block, &["tool_result"]));
        turn.content.extend(results.into_iter().chain(others));
    }
    turns
}

/// A message must not end with a thought, as one does that was interrupted.
fn sendable(mut blocks: Vec<Block<'_>>) -> Vec<Block<'_>> {
    while matches!(blocks.last(), Some(Block::Reasoning { .. })) {
        blocks.pop();
    }
    blocks
}

fn block_json(block: Block<'_>) -> Value {
    match block {
        Block::Text { text, .. } => json!({"type": "text", "text": text}),
        Block::Reasoning { text, item } => thought(text, item),
        Block::Own { item } => item.clone(),
        Block::File(file) => attached(&file),
        Block::Call { id, name, args, .. } => {
            let input = args.as_object().cloned().unwrap_or_default();
            json!({"type": "tool_use", "id": id, "name": name, "input": input})
        }
        Block::Result { id, text, is_error } => {
            let mut result = json!({"type": "tool_result", "tool_use_id": id});
            if !text.is_empty() {
                result["content"] = json!(text);
            }
            if is_error {
                result["is_error"] = json!(true);
            }
            result
        }
    }
}

fn attached(file: &File<'_>) -> Value {
    let source = json!({"type": "base64", "media_type": file.media_type, "data": file.base64()});
    match file.kind {
        FileKind::Image => json!({"type": "image", "source": source}),
        FileKind::Pdf => json!({"type": "document", "source": source, "title": file.name}),
    }
}

/// The words of a thought are kept once, in the part that clients see; its item holds the rest.
fn thought(text: &str, item: &Value) -> Value {
    let mut block = item.clone();
    if is(item, &["thinking"]) {
        block["thinking"] = json!(text);
    }
    block
}

/// A budget needs the last answer of an open run of tools to begin with a thought. After a change of
/// models there is none to send, and the rest of that run goes without.
fn is_amid_tools_without_thought(turns: &[Turn]) -> bool {
    let [.., answer, results] = turns else {
        return false;
    };
    let first_is = |turn: &Turn, kinds| turn.content.first().is_some_and(|block| is(block, kinds));
    first_is(results, &["tool_result"]) && !first_is(answer, &["thinking", "redacted_thinking"])
}

/// The last two: this request reads what the one before it wrote, and writes what the next one reads.
fn cache_last_turns(turns: &mut [Turn]) {
    for block in turns.iter_mut().rev().take(CACHED_TURNS).filter_map(|turn| turn.content.last_mut()) {
        mark(block);
    }
}

fn cached_list(mut list: Vec<Value>) -> Option<Value> {
    mark(list.last_mut()?);
    Some(Value::Array(list))
}

fn mark(block: &mut Value) {
    block["cache_control"] = json!({"type": "ephemeral"});
}

fn is(block: &Value, kinds: &[&str]) -> bool {
    block.get("type").and_then(Value::as_str).is_some_and(|kind| kinds.contains(&kind))
}

fn tool_json(tool: &ToolSpec, names: &ToolNames) -> Value {
    let mut json = json!({"name": names.wire(&tool.name), "input_schema": schema(tool)});
    if let Some(description) = &tool.description {
        json["description"] = json!(description);
    }
    json
}
