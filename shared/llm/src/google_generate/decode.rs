use chat::{message::Usage, model::StopReason};
use serde_json::{Value, json};

use crate::{
    assembly::Assembly,
    body,
    fault::Fault,
    sse,
    wire::{Decode, as_json, count, field, say, text},
};

/// Parts that Google makes and wants back, and nobody else understands.
const OPAQUE: [&str; 4] = ["toolCall", "toolResponse", "executableCode", "codeExecutionResult"];

/// Reads `GenerateContentResponse`s up to the end of the stream; one of them says why it ends.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    reason: Option<StopReason>,
    usage: Usage,
    calls: u64,
    signature: Option<Value>,
}

impl Decode for Decoder {
    fn take(&mut self, event: &sse::Event, answer: &mut Assembly) -> Result<(), Fault> {
        let json = as_json(&event.data)?;
        if !field(&json, "error").is_null() {
            return Err(body::error(&json));
        }
        self.count(field(&json, "usageMetadata"));
        if !text(field(&json, "promptFeedback"), "blockReason").is_empty() {
            self.reason = Some(StopReason::Filtered);
        }
        let Some(candidate) = field(&json, "candidates").as_array().and_then(|list| list.first()) else {
            return Ok(());
        };
        let parts = list(field(candidate, "content"), "parts");
        parts.iter().try_for_each(|part| self.part(part, answer))?;
        for chunk in list(field(candidate, "groundingMetadata"), "groundingChunks") {
            let web = field(chunk, "web");
            answer.source(text(web, "uri"), web.get("title").and_then(Value::as_str))?;
        }
        self.reason = reason(text(candidate, "finishReason"))?.or(self.reason);
        Ok(())
    }

    fn end(&mut self, answer: &mut Assembly) -> Result<(), Fault> {
        let reason = self.reason.ok_or_else(Fault::ended_early)?;
        self.end_thought(answer)?;
        answer.end_text(None)?;
        answer.finish(reason, self.usage)
    }
}

impl Decoder {
    fn part(&mut self, part: &Value, answer: &mut Assembly) -> Result<(), Fault> {
        let signature = part.get("thoughtSignature").filter(|signature| signature.is_string());
        if let Some(call) = part.get("functionCall") {
            return self.call(call, signature, answer);
        }
        if OPAQUE.iter().any(|name| part.get(*name).is_some()) {
            self.end_thought(answer)?;
            answer.end_text(None)?;
            return answer.end_reasoning(Some(json!({"part": part})));
        }
        if part.get("thought").and_then(Value::as_bool).unwrap_or_default() {
            answer.end_text(None)?;
            self.signature = signature.cloned().or_else(|| self.signature.take());
            return answer.reasoning(text(part, "text"));
        }
        self.text(text(part, "text"), signature, answer)
    }

    /// A signature ends the text that it signs. One without any text is kept for itself.
    fn text(&mut self, words: &str, signature: Option<&Value>, answer: &mut Assembly) -> Result<(), Fault> {
        if words.is_empty() && signature.is_none() {
            return Ok(());
        }
        self.end_thought(answer)?;
        answer.text(words)?;
        match signature {
            Some(signature) if answer.has_text() => {
                answer.end_text(Some(json!({"thoughtSignature": signature})))
            }
            Some(signature) => answer.end_reasoning(Some(json!({"thoughtSignature": signature}))),
            None => Ok(()),
        }
    }

    /// Calls come whole. Few have an id; one is made for those without.
    fn call(&mut self, call: &Value, signature: Option<&Value>, answer: &mut Assembly) -> Result<(), Fault> {
        self.end_thought(answer)?;
        answer.end_text(None)?;
        let (index, args) = (self.calls, field(call, "args"));
        self.calls += 1;
        answer.open_call(index, text(call, "id"), text(call, "name"))?;
        let args = if args.is_null() { "{}".to_owned() } else { args.to_string() };
        let mut item = json!({});
        say(&mut item, "thoughtSignature", signature.cloned());
        say(&mut item, "id", call.get("id").filter(|id| id.is_string()).cloned());
        answer.end_call(index, &args, Some(item).filter(|item| *item != json!({})))
    }

    /// A summary that is not signed need not go back.
    fn end_thought(&mut self, answer: &mut Assembly) -> Result<(), Fault> {
        let item = self.signature.take();
        answer.end_reasoning(item.map(|signature| json!({"thought": true, "thoughtSignature": signature})))
    }

    /// Each response counts the whole so far.
    fn count(&mut self, usage: &Value) {
        if !usage.is_object() {
            return;
        }
        let (cached, thoughts) =
            (count(usage, "cachedContentTokenCount"), count(usage, "thoughtsTokenCount"));
        let read = count(usage, "promptTokenCount") + count(usage, "toolUsePromptTokenCount");
        self.usage = Usage {
            input_tokens: read.saturating_sub(cached),
            output_tokens: count(usage, "candidatesTokenCount") + thoughts,
            cache_read_tokens: cached,
            cache_write_tokens: 0,
            reasoning_tokens: thoughts,
            cost_micros: None,
        };
    }
}

fn list<'a>(json: &'a Value, name: &str) -> &'a [Value] {
    field(json, name).as_array().map_or(&[], Vec::as_slice)
}

fn reason(said: &str) -> Result<Option<StopReason>, Fault> {
    Ok(Some(match said {
        "" => return Ok(None),
        "MAX_TOKENS" => StopReason::Length,
        "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII"
        | "IMAGE_SAFETY" => StopReason::Filtered,
        "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" | "TOO_MANY_TOOL_CALLS" => {
            return Err(Fault::malformed(format!("the model's call is not one: {said}")));
        }
        // `STOP`, `OTHER`, and reasons that do not exist yet.
        _ => StopReason::End,
    }))
}
