use chat::{message::Usage, model::StopReason};
use serde_json::{Value, json};

use crate::{
    assembly::Assembly,
    body,
    fault::Fault,
    sse,
    wire::{Decode, as_json, count, field, text},
};

/// Reads `response.*` events up to `response.completed` or `response.incomplete`.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// A thought that cannot be sent again makes the provider's ids of what follows it useless.
    lost_thought: bool,
    refused: bool,
}

impl Decode for Decoder {
    fn take(&mut self, event: &sse::Event, answer: &mut Assembly) -> Result<(), Fault> {
        if event.data == "[DONE]" {
            return Ok(());
        }
        let json = as_json(&event.data)?;
        let index = count(&json, "output_index");
        match text(&json, "type") {
            "response.output_item.added" => opened(index, field(&json, "item"), answer),
            "response.output_text.delta" => answer.text(text(&json, "delta")),
            "response.refusal.delta" => {
                self.refused = true;
                answer.text(text(&json, "delta"))
            }
            "response.output_text.annotation.added" => cite(field(&json, "annotation"), answer),
            "response.reasoning_summary_part.added" if answer.has_reasoning() => answer.reasoning("\n\n"),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                answer.reasoning(text(&json, "delta"))
            }
            "response.function_call_arguments.delta" => answer.args(index, text(&json, "delta")),
            "response.output_item.done" => self.closed(index, field(&json, "item"), answer),
            "response.completed" => self.finish(field(&json, "response"), answer),
            "response.incomplete" => self.incomplete(field(&json, "response"), answer),
            "response.failed" => Err(body::error(field(&json, "response"))),
            "error" => Err(body::error(&json)),
            // Progress, and events that do not exist yet.
            _ => Ok(()),
        }
    }
}

fn opened(index: u64, item: &Value, answer: &mut Assembly) -> Result<(), Fault> {
    if text(item, "type") == "function_call" {
        answer.open_call(index, text(item, "call_id"), text(item, "name"))?;
    }
    Ok(())
}

impl Decoder {
    fn closed(&mut self, index: u64, item: &Value, answer: &mut Assembly) -> Result<(), Fault> {
        match text(item, "type") {
            "message" => self.message(item, answer),
            "reasoning" => self.thought(item, answer),
            "web_search_call" => self.search(item, answer),
            // A call that was cut off before its arguments looks like one that takes none.
            "function_call" if text(item, "status") == "incomplete" => Ok(()),
            "function_call" => {
                if !answer.has_call(index) {
                    opened(index, item, answer)?;
                }
                let kept = self.kept(item, &["arguments", "call_id", "name"]);
                answer.end_call(index, text(item, "arguments"), kept)
            }
            _ => Ok(()),
        }
    }

    fn message(&self, item: &Value, answer: &mut Assembly) -> Result<(), Fault> {
        let content = field(item, "content").as_array().map_or(&[][..], Vec::as_slice);
        if !answer.has_text() {
            content.iter().try_for_each(|piece| {
                answer.text(text(piece, "text"))?;
                answer.text(text(piece, "refusal"))
            })?;
        }
        for piece in content {
            let notes = field(piece, "annotations").as_array().map_or(&[][..], Vec::as_slice);
            notes.iter().try_for_each(|note| cite(note, answer))?;
        }
        let refused = content.iter().any(|piece| text(piece, "type") == "refusal");
        answer.end_text(self.kept(item, &["content"]).filter(|_| !refused))
    }

    fn thought(&mut self, item: &Value, answer: &mut Assembly) -> Result<(), Fault> {
        if !answer.has_reasoning() {
            let summary = field(item, "summary").as_array().map_or(&[][..], Vec::as_slice);
            let words: Vec<_> = summary.iter().map(|piece| text(piece, "text")).collect();
            answer.reasoning(&words.join("\n\n"))?;
        }
        let encrypted = field(item, "encrypted_content").is_string();
        self.lost_thought |= !encrypted;
        answer.end_reasoning(encrypted.then(|| item.clone()))
    }

    /// A search goes back without what it found: that is said again in the answer, with its sources.
    fn search(&self, item: &Value, answer: &mut Assembly) -> Result<(), Fault> {
        let mut args = field(item, "action").clone();
        args.as_object_mut().map(|args| args.remove("sources"));
        let Some(mut kept) = self.kept(item, &[]) else {
            return Ok(());
        };
        kept["action"] = args.clone();
        let id = answer.own_call(text(item, "id"), "web_search", args, kept)?;
        answer.own_result(id, "web_search", json!({"status": text(item, "status")}), None)
    }

    /// Returns the item without what the part says anyway.
    fn kept(&self, item: &Value, said: &[&str]) -> Option<Value> {
        let mut item = item.as_object().filter(|_| !self.lost_thought)?.clone();
        item.retain(|name, _| !said.contains(&name.as_str()));
        Some(Value::Object(item))
    }

    fn finish(&self, response: &Value, answer: &mut Assembly) -> Result<(), Fault> {
        let reason = if self.refused { StopReason::Filtered } else { StopReason::End };
        answer.finish(reason, usage(field(response, "usage")))
    }

    fn incomplete(&self, response: &Value, answer: &mut Assembly) -> Result<(), Fault> {
        let reason = match text(field(response, "incomplete_details"), "reason") {
            "content_filter" => StopReason::Filtered,
            _ => StopReason::Length,
        };
        answer.finish(reason, usage(field(response, "usage")))
    }
}

fn cite(note: &Value, answer: &mut Assembly) -> Result<(), Fault> {
    if text(note, "type") != "url_citation" {
        return Ok(());
    }
    answer.source(text(note, "url"), note.get("title").and_then(Value::as_str))
}

fn usage(usage: &Value) -> Usage {
    let cached = count(field(usage, "input_tokens_details"), "cached_tokens");
    Usage {
        input_tokens: count(usage, "input_tokens").saturating_sub(cached),
        output_tokens: count(usage, "output_tokens"),
        cache_read_tokens: cached,
        cache_write_tokens: 0,
        reasoning_tokens: count(field(usage, "output_tokens_details"), "reasoning_tokens"),
        cost_micros: None,
    }
}
