//! The stream of Generate Content: unnamed responses, of which the last says why it ends.

use serde_json::{Value, json};

use super::{
    super::{
        refusal::Refusal,
        scene::Scene,
        script::{Piece, Stop},
        seal::seal,
        wire::{Frames, Wire},
    },
    error,
};

/// Says calls whole, and signs the first of them, or else the last words.
pub(crate) struct Generate;

impl Wire for Generate {
    fn open(&mut self, _: &Scene, _: &mut Frames) {}

    fn begin(&mut self, _: &Scene, _: usize, _: &mut Frames) {}

    fn delta(&mut self, scene: &Scene, index: usize, fragment: &str, out: &mut Frames) {
        match scene.pieces.get(index) {
            Some(Piece::Reason(_)) => emit(scene, &json!({"text": fragment, "thought": true}), out),
            Some(Piece::Text(_)) => emit(scene, &json!({"text": fragment}), out),
            Some(Piece::Call { .. } | Piece::Redacted(_)) | None => {}
        }
    }

    fn end(&mut self, scene: &Scene, index: usize, out: &mut Frames) {
        match scene.pieces.get(index) {
            Some(Piece::Call { name, input }) => emit(scene, &call(scene, index, name, input), out),
            Some(Piece::Text(text)) if signs_text(scene, index) => {
                emit(scene, &json!({"text": "", "thoughtSignature": seal(text)}), out);
            }
            Some(Piece::Text(_) | Piece::Reason(_) | Piece::Redacted(_)) | None => {}
        }
    }

    fn close(&mut self, scene: &Scene, out: &mut Frames) {
        let mut last = response(scene, &json!([{"text": ""}]));
        last["candidates"][0]["finishReason"] = json!(finish_reason(scene));
        last["usageMetadata"] = usage(scene);
        out.data(&last.to_string());
    }

    fn give_up(&mut self, _: &Scene, refusal: &Refusal, out: &mut Frames) {
        out.data(&error(refusal).to_string());
    }

    fn whole(&self, scene: &Scene) -> Value {
        let parts: Vec<_> =
            scene.pieces.iter().enumerate().filter_map(|(at, piece)| part(scene, at, piece)).collect();
        let mut whole = response(scene, &json!(parts));
        whole["candidates"][0]["finishReason"] = json!(finish_reason(scene));
        whole["usageMetadata"] = usage(scene);
        whole
    }
}

fn emit(scene: &Scene, part: &Value, out: &mut Frames) {
    out.data(&response(scene, &json!([part])).to_string());
}

fn response(scene: &Scene, parts: &Value) -> Value {
    json!({
        "candidates": [{"content": {"parts": parts, "role": "model"}, "index": 0}],
        "modelVersion": scene.model,
        "responseId": scene.seed.token("response", 22),
    })
}

fn part(scene: &Scene, index: usize, piece: &Piece) -> Option<Value> {
    match piece {
        Piece::Reason(text) => Some(json!({"text": text, "thought": true})),
        Piece::Text(text) if signs_text(scene, index) => {
            Some(json!({"text": text, "thoughtSignature": seal(text)}))
        }
        Piece::Text(text) => Some(json!({"text": text})),
        Piece::Call { name, input } => Some(call(scene, index, name, input)),
        Piece::Redacted(_) => None,
    }
}

fn call(scene: &Scene, index: usize, name: &str, input: &str) -> Value {
    let mut part = json!({"functionCall": {"name": name, "args": args(input).unwrap_or_default()}});
    if scene.calls_before(index) == 0 {
        part["thoughtSignature"] = json!(seal(name));
    }
    part
}

fn args(input: &str) -> Option<Value> {
    serde_json::from_str(input).ok().filter(Value::is_object)
}

fn signs_text(scene: &Scene, index: usize) -> bool {
    !scene.calls() && index + 1 == scene.pieces.len()
}

fn is_malformed(piece: &Piece) -> bool {
    matches!(piece, Piece::Call { input, .. } if args(input).is_none())
}

fn finish_reason(scene: &Scene) -> &'static str {
    match scene.stop {
        Stop::Natural if scene.pieces.iter().any(is_malformed) => "MALFORMED_FUNCTION_CALL",
        Stop::Natural | Stop::Pause => "STOP",
        Stop::MaxTokens => "MAX_TOKENS",
        Stop::Refusal => "PROHIBITED_CONTENT",
        Stop::ContentFilter => "SAFETY",
    }
}

fn usage(scene: &Scene) -> Value {
    let usage = scene.usage;
    json!({
        "promptTokenCount": usage.input,
        "cachedContentTokenCount": usage.cache_read,
        "candidatesTokenCount": usage.output - usage.reasoning,
        "thoughtsTokenCount": usage.reasoning,
        "totalTokenCount": usage.input + usage.output,
    })
}
