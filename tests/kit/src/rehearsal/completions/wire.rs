//! The stream of Chat Completions: unnamed chunks, then `[DONE]`.

use serde_json::{Value, json};

use super::super::{
    openai,
    refusal::Refusal,
    scene::Scene,
    script::{Piece, Stop},
    wire::{Frames, Wire},
};

/// Knows whether a last chunk with the usage is wanted.
pub(crate) struct Completions {
    /// Every chunk repeats it.
    id: String,
    usage: Wanted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Yes,
    No,
}

impl Completions {
    pub(crate) fn new(body: &Value) -> Self {
        let wanted = body["stream_options"]["include_usage"].as_bool().unwrap_or_default();
        Self { id: String::new(), usage: if wanted { Wanted::Yes } else { Wanted::No } }
    }

    fn emit(&self, scene: &Scene, choices: &Value, usage: &Value, out: &mut Frames) {
        let mut chunk = head(scene, &self.id, "chat.completion.chunk");
        chunk["choices"] = choices.clone();
        if self.usage == Wanted::Yes {
            chunk["usage"] = usage.clone();
        }
        out.data(&chunk.to_string());
    }

    fn choice(&self, scene: &Scene, delta: &Value, finish: Option<&str>, out: &mut Frames) {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish});
        self.emit(scene, &json!([choice]), &Value::Null, out);
    }
}

impl Wire for Completions {
    fn open(&mut self, scene: &Scene, out: &mut Frames) {
        self.id = format!("chatcmpl-{}", scene.seed.token("completion", 29));
        self.choice(scene, &json!({"role": "assistant", "content": "", "refusal": null}), None, out);
    }

    fn begin(&mut self, scene: &Scene, index: usize, out: &mut Frames) {
        if let Some(Piece::Call { name, .. }) = scene.pieces.get(index) {
            let mut call = call(scene, index, name, "");
            call["index"] = json!(scene.calls_before(index));
            self.choice(scene, &json!({"tool_calls": [call]}), None, out);
        }
    }

    fn delta(&mut self, scene: &Scene, index: usize, fragment: &str, out: &mut Frames) {
        let delta = match scene.pieces.get(index) {
            Some(Piece::Reason(_)) => json!({"reasoning_content": fragment}),
            Some(Piece::Text(_)) if scene.stop == Stop::Refusal => json!({"refusal": fragment}),
            Some(Piece::Text(_)) => json!({"content": fragment}),
            Some(Piece::Call { .. }) => json!({"tool_calls": [{
                "index": scene.calls_before(index),
                "function": {"arguments": fragment},
            }]}),
            Some(Piece::Redacted(_)) | None => return,
        };
        self.choice(scene, &delta, None, out);
    }

    fn end(&mut self, _: &Scene, _: usize, _: &mut Frames) {}

    fn close(&mut self, scene: &Scene, out: &mut Frames) {
        self.choice(scene, &json!({}), Some(finish_reason(scene)), out);
        if self.usage == Wanted::Yes {
            self.emit(scene, &json!([]), &usage(scene), out);
        }
        out.data("[DONE]");
    }

    fn give_up(&mut self, _: &Scene, refusal: &Refusal, out: &mut Frames) {
        out.data(&json!({"error": openai::error(refusal)}).to_string());
    }

    fn whole(&self, scene: &Scene) -> Value {
        let mut whole = head(scene, &self.id, "chat.completion");
        whole["choices"] = json!([{
            "index": 0,
            "message": message(scene),
            "logprobs": null,
            "finish_reason": finish_reason(scene),
        }]);
        whole["usage"] = usage(scene);
        whole
    }
}

fn head(scene: &Scene, id: &str, object: &str) -> Value {
    json!({
        "id": id,
        "object": object,
        "created": scene.seed.created(),
        "model": scene.model,
        "service_tier": "default",
        "system_fingerprint": null,
    })
}

fn call(scene: &Scene, index: usize, name: &str, arguments: &str) -> Value {
    json!({
        "id": format!("call_{}", scene.seed.token(&format!("call {index}"), 24)),
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    })
}

fn message(scene: &Scene) -> Value {
    let (mut text, mut reasoning, mut calls) = (String::new(), String::new(), Vec::new());
    for (index, piece) in scene.pieces.iter().enumerate() {
        match piece {
            Piece::Text(words) => text.push_str(words),
            Piece::Reason(words) => reasoning.push_str(words),
            Piece::Call { name, input } => calls.push(call(scene, index, name, input)),
            Piece::Redacted(_) => {}
        }
    }
    let said = (!text.is_empty()).then_some(text);
    let (content, refusal) = if scene.stop == Stop::Refusal { (None, said) } else { (said, None) };
    let mut message = json!({"role": "assistant", "content": content, "refusal": refusal, "annotations": []});
    if !calls.is_empty() {
        message["tool_calls"] = json!(calls);
    }
    if !reasoning.is_empty() {
        message["reasoning_content"] = json!(reasoning);
    }
    message
}

fn usage(scene: &Scene) -> Value {
    let usage = scene.usage;
    json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_written,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

fn finish_reason(scene: &Scene) -> &'static str {
    match scene.stop {
        Stop::Natural if scene.calls() => "tool_calls",
        Stop::Natural | Stop::Refusal | Stop::Pause => "stop",
        Stop::MaxTokens => "length",
        Stop::ContentFilter => "content_filter",
    }
}
