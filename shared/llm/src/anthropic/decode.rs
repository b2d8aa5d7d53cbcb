use std::collections::BTreeMap;

use chat::{id::CallId, message::Usage, model::StopReason};
use serde_json::{Value, json};

use crate::{
    assembly::{Assembly, MOST_PARTS},
    body,
    fault::Fault,
    sse,
    wire::{Decode, as_json, count, field, text},
};

/// Reads `message_start`, blocks, `message_delta`, `message_stop`.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    blocks: BTreeMap<u64, Block>,
    usage: Usage,
    reason: Option<StopReason>,
    /// The provider has more to do, and wants to be asked again for it.
    paused: bool,
    /// The calls that the provider answers itself: what they are called here, and their tool.
    own: BTreeMap<String, (CallId, String)>,
}

#[derive(Debug)]
enum Block {
    Text,
    Thinking { signature: String },
    Redacted { data: String },
    Call { input: Value },
    Own { block: Value, input: String },
}

impl Decode for Decoder {
    fn take(&mut self, event: &sse::Event, answer: &mut Assembly) -> Result<(), Fault> {
        let json = as_json(&event.data)?;
        match text(&json, "type") {
            "message_start" => self.count(field(field(&json, "message"), "usage")),
            "content_block_start" => self.start(&json, answer)?,
            "content_block_delta" => self.delta(&json, answer)?,
            "content_block_stop" => self.stop(count(&json, "index"), answer)?,
            "message_delta" => {
                self.count(field(&json, "usage"));
                let said = text(field(&json, "delta"), "stop_reason");
                self.paused = said == "pause_turn";
                self.reason = reason(said).or(self.reason);
            }
            "message_stop" => return self.finish(answer),
            "error" => return Err(body::error(&json)),
            // Pings, and events that do not exist yet.
            _ => {}
        }
        Ok(())
    }
}

impl Decoder {
    fn start(&mut self, json: &Value, answer: &mut Assembly) -> Result<(), Fault> {
        let (index, block) = (count(json, "index"), field(json, "content_block"));
        if self.blocks.len() >= MOST_PARTS {
            return Err(Fault::malformed("the answer has too many open parts"));
        }
        let opened = match text(block, "type") {
            "text" => {
                answer.text(text(block, "text"))?;
                Block::Text
            }
            "thinking" => {
                answer.reasoning(text(block, "thinking"))?;
                Block::Thinking { signature: text(block, "signature").to_owned() }
            }
            "redacted_thinking" => Block::Redacted { data: text(block, "data").to_owned() },
            "tool_use" => {
                answer.open_call(index, text(block, "id"), text(block, "name"))?;
                Block::Call { input: field(block, "input").clone() }
            }
            "server_tool_use" => Block::Own { block: block.clone(), input: String::new() },
            kind if kind.ends_with("_tool_result") => return self.own_result(block, answer),
            // Blocks that do not exist yet.
            _ => return Ok(()),
        };
        self.blocks.insert(index, opened);
        Ok(())
    }

    fn delta(&mut self, json: &Value, answer: &mut Assembly) -> Result<(), Fault> {
        let (index, delta) = (count(json, "index"), field(json, "delta"));
        match (text(delta, "type"), self.blocks.get_mut(&index)) {
            ("text_delta", Some(Block::Text)) => answer.text(text(delta, "text")),
            ("thinking_delta", Some(Block::Thinking { .. })) => answer.reasoning(text(delta, "thinking")),
            ("signature_delta", Some(Block::Thinking { signature })) => {
                answer.grow(text(delta, "signature"))?;
                signature.push_str(text(delta, "signature"));
                Ok(())
            }
            ("input_json_delta", Some(Block::Own { input, .. })) => {
                answer.grow(text(delta, "partial_json"))?;
                input.push_str(text(delta, "partial_json"));
                Ok(())
            }
            ("input_json_delta", Some(Block::Call { .. })) => answer.args(index, text(delta, "partial_json")),
            ("citations_delta", Some(Block::Text)) => {
                let citation = field(delta, "citation");
                answer.source(text(citation, "url"), citation.get("title").and_then(Value::as_str))
            }
            _ => Ok(()),
        }
    }

    fn stop(&mut self, index: u64, answer: &mut Assembly) -> Result<(), Fault> {
        match self.blocks.remove(&index) {
            Some(Block::Text) => answer.end_text(None),
            Some(Block::Thinking { signature }) => {
                let item = json!({"type": "thinking", "signature": signature});
                answer.end_reasoning((!signature.is_empty()).then_some(item))
            }
            Some(Block::Redacted { data }) => {
                answer.end_reasoning(Some(json!({"type": "redacted_thinking", "data": data})))
            }
            Some(Block::Own { block, input }) => self.own_call(block, &input, answer),
            Some(Block::Call { input }) if answer.has_args(index) || has_fields(&input) => {
                answer.end_call(index, &input.to_string(), None)
            }
            // A call that was cut off before its arguments looks like one that takes none: wait and see.
            Some(call @ Block::Call { .. }) => {
                self.blocks.insert(index, call);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A search goes back as it came, so its block is kept whole.
    fn own_call(&mut self, mut block: Value, input: &str, answer: &mut Assembly) -> Result<(), Fault> {
        if let Ok(input @ Value::Object(_)) = serde_json::from_str(input) {
            block["input"] = input;
        }
        let (wire_id, name) = (text(&block, "id").to_owned(), text(&block, "name").to_owned());
        let id = answer.own_call(&wire_id, &name, field(&block, "input").clone(), block)?;
        self.own.insert(wire_id, (id, name));
        Ok(())
    }

    fn own_result(&mut self, block: &Value, answer: &mut Assembly) -> Result<(), Fault> {
        let Some((id, name)) = self.own.remove(text(block, "tool_use_id")) else {
            return Ok(());
        };
        let content = field(block, "content");
        let found = content.as_array().map_or(&[][..], Vec::as_slice);
        let list = found.iter().map(|page| json!({"url": field(page, "url"), "title": field(page, "title")}));
        let result = match content.get("error_code") {
            Some(code) => json!({"error": code}),
            None => json!({"found": list.collect::<Vec<_>>()}),
        };
        answer.own_result(id, &name, result, Some(block.clone()))?;
        found.iter().try_for_each(|page| {
            answer.source(text(page, "url"), page.get("title").and_then(Value::as_str))
        })?;
        answer.end_text(None)
    }

    fn finish(&mut self, answer: &mut Assembly) -> Result<(), Fault> {
        if std::mem::take(&mut self.paused) {
            // A call of its own that is still open is answered when it goes on.
            let own = std::mem::take(&mut self.own);
            let usage = std::mem::replace(self, Self { own, ..Self::default() }).usage;
            return answer.pause(usage);
        }
        let reason = self.reason.unwrap_or(StopReason::End);
        if reason != StopReason::Length {
            self.blocks.keys().try_for_each(|index| answer.end_call(*index, "", None))?;
        }
        answer.finish(reason, self.usage)
    }

    /// Counts are totals so far; the last one said stands.
    fn count(&mut self, usage: &Value) {
        let said = |name: &str, held: u64| usage.get(name).and_then(Value::as_u64).unwrap_or(held);
        let held = self.usage;
        let thinking = field(usage, "output_tokens_details").get("thinking_tokens").and_then(Value::as_u64);
        self.usage = Usage {
            input_tokens: said("input_tokens", held.input_tokens),
            output_tokens: said("output_tokens", held.output_tokens),
            cache_read_tokens: said("cache_read_input_tokens", held.cache_read_tokens),
            cache_write_tokens: said("cache_creation_input_tokens", held.cache_write_tokens),
            reasoning_tokens: thinking.unwrap_or(held.reasoning_tokens),
            cost_micros: None,
        };
    }
}

fn has_fields(input: &Value) -> bool {
    input.as_object().is_some_and(|input| !input.is_empty())
}

fn reason(said: &str) -> Option<StopReason> {
    match said {
        "" => None,
        "max_tokens" | "model_context_window_exceeded" => Some(StopReason::Length),
        "tool_use" => Some(StopReason::ToolCalls),
        "refusal" => Some(StopReason::Filtered),
        // `end_turn`, `stop_sequence`, and reasons that do not exist yet.
        _ => Some(StopReason::End),
    }
}
