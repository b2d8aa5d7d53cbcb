use chat::{message::Usage, model::StopReason};
use serde_json::{Value, json};

use crate::{
    assembly::Assembly,
    body,
    fault::Fault,
    sse,
    wire::{Decode, as_json, count, field, text},
};

/// The two names under which servers send thoughts, which OpenAI itself does not.
const THOUGHTS: [&str; 2] = ["reasoning_content", "reasoning"];

/// Reads `chat.completion.chunk`s up to `[DONE]`, or to the end after a `finish_reason`.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    reason: Option<StopReason>,
    usage: Usage,
    thought_field: Option<&'static str>,
    /// The calls in the order in which they came.
    calls: Vec<Call>,
    refused: bool,
    done: bool,
}

#[derive(Debug)]
struct Call {
    /// The server's index, which some give to every call alike and some to none.
    index: Option<u64>,
    id: String,
    name: String,
    /// What the call carries beyond its name and arguments, such as a signature.
    extra: Option<Value>,
}

impl Decode for Decoder {
    fn take(&mut self, event: &sse::Event, answer: &mut Assembly) -> Result<(), Fault> {
        if event.data.trim() == "[DONE]" {
            return self.finish(answer);
        }
        let json = as_json(&event.data)?;
        if !field(&json, "error").is_null() {
            return Err(body::error(&json));
        }
        self.count(field(&json, "usage"));
        let Some(choice) = field(&json, "choices").as_array().and_then(|choices| choices.first()) else {
            return Ok(());
        };
        self.delta(field(choice, "delta"), answer)?;
        self.reason = reason(text(choice, "finish_reason")).or(self.reason);
        Ok(())
    }

    fn end(&mut self, answer: &mut Assembly) -> Result<(), Fault> {
        match self.reason {
            _ if self.done => Ok(()),
            Some(_) => self.finish(answer),
            None => Err(Fault::ended_early()),
        }
    }
}

impl Decoder {
    fn delta(&mut self, delta: &Value, answer: &mut Assembly) -> Result<(), Fault> {
        if let Some(name) = THOUGHTS.into_iter().find(|name| !text(delta, name).is_empty()) {
            answer.end_text(None)?;
            self.thought_field = Some(name);
            answer.reasoning(text(delta, name))?;
        }
        self.refused |= !text(delta, "refusal").is_empty();
        for words in [text(delta, "content"), text(delta, "refusal")] {
            if !words.is_empty() {
                self.end_thought(answer)?;
                answer.text(words)?;
            }
        }
        for note in list(delta, "annotations") {
            let citation = field(note, "url_citation");
            answer.source(text(citation, "url"), citation.get("title").and_then(Value::as_str))?;
        }
        let listed = self.calls.len();
        list(delta, "tool_calls").iter().try_for_each(|call| self.call(call, listed, answer))
    }

    fn call(&mut self, call: &Value, listed: usize, answer: &mut Assembly) -> Result<(), Fault> {
        let function = field(call, "function");
        let place = match self.place(call, listed, answer) {
            Some(place) => place,
            None => self.open(call, answer)?,
        };
        if let (Some(extra), Some(held)) = (call.get("extra_content"), self.calls.get_mut(place)) {
            held.extra = Some(json!({"extra_content": extra}));
        }
        answer.args(key(place), text(function, "arguments"))
    }

    /// Returns which open call a piece belongs to; none for a new one.
    ///
    /// Some servers give all calls one index, some give them no ids, and some name a call in each of its pieces. So a
    /// piece with a name begins a call if it has an id of its own, or another name, or if there is nothing left to say
    /// of the last call: that one's arguments are whole, or it came with the same list, from place `listed` on.
    fn place(&self, piece: &Value, listed: usize, answer: &Assembly) -> Option<usize> {
        let (id, name) = (text(piece, "id"), text(field(piece, "function"), "name"));
        let index = field(piece, "index").as_u64();
        let is_here = |call: &Call| index.is_none() || call.index.is_none() || call.index == index;
        let is_named = |call: &Call| name.is_empty() || call.name.is_empty() || call.name == name;
        let is_it = |call: &Call| !id.is_empty() && call.id == id && is_here(call) && is_named(call);
        if let Some(known) = self.calls.iter().rposition(is_it) {
            return Some(known);
        }
        let last = self.calls.iter().rposition(is_here)?;
        let is_over = || last >= listed || answer.has_whole_args(key(last));
        let goes_on = self.calls.get(last).is_some_and(is_named);
        let begins = !name.is_empty() && (!id.is_empty() || !goes_on || is_over());
        (!begins).then_some(last)
    }

    fn open(&mut self, call: &Value, answer: &mut Assembly) -> Result<usize, Fault> {
        self.end_thought(answer)?;
        answer.end_text(None)?;
        let (id, name) = (text(call, "id"), text(field(call, "function"), "name"));
        let place = self.calls.len();
        answer.open_call(key(place), id, name)?;
        let index = field(call, "index").as_u64();
        self.calls.push(Call { index, id: id.to_owned(), name: name.to_owned(), extra: None });
        Ok(place)
    }

    fn end_thought(&self, answer: &mut Assembly) -> Result<(), Fault> {
        let item = self.thought_field.filter(|_| answer.has_reasoning());
        answer.end_reasoning(item.map(|field| json!({"field": field})))
    }

    fn finish(&mut self, answer: &mut Assembly) -> Result<(), Fault> {
        let reason = self.reason.ok_or_else(Fault::ended_early)?;
        self.done = true;
        self.end_thought(answer)?;
        answer.end_text(None)?;
        for (place, call) in std::mem::take(&mut self.calls).into_iter().enumerate() {
            // A call that was cut off before its arguments looks like one that takes none.
            if answer.has_args(key(place)) || reason != StopReason::Length {
                answer.end_call(key(place), "", call.extra)?;
            }
        }
        let filtered = self.refused && reason == StopReason::End;
        answer.finish(if filtered { StopReason::Filtered } else { reason }, self.usage)
    }

    fn count(&mut self, usage: &Value) {
        if !usage.is_object() {
            return;
        }
        let details = field(usage, "prompt_tokens_details");
        let cached = count(details, "cached_tokens").max(count(usage, "prompt_cache_hit_tokens"));
        self.usage = Usage {
            input_tokens: count(usage, "prompt_tokens").saturating_sub(cached),
            output_tokens: count(usage, "completion_tokens"),
            cache_read_tokens: cached,
            cache_write_tokens: 0,
            reasoning_tokens: count(field(usage, "completion_tokens_details"), "reasoning_tokens"),
            cost_micros: None,
        };
    }
}

fn key(place: usize) -> u64 {
    place as u64
}

fn list<'a>(json: &'a Value, name: &str) -> &'a [Value] {
    field(json, name).as_array().map_or(&[], Vec::as_slice)
}

fn reason(said: &str) -> Option<StopReason> {
    match said {
        "" => None,
        "length" => Some(StopReason::Length),
        "tool_calls" | "function_call" => Some(StopReason::ToolCalls),
        "content_filter" => Some(StopReason::Filtered),
        // `stop`, and reasons that do not exist yet.
        _ => Some(StopReason::End),
    }
}
