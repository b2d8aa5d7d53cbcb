//! Anthropic's stream: `message_start` to `message_stop`.

use serde_json::{Value, json};

use super::super::{
    refusal::Refusal,
    scene::Scene,
    script::{Piece, Stop},
    seal,
    wire::{Frames, Wire},
};

/// Has no state: every event carries its index.
pub(crate) struct Messages;

impl Wire for Messages {
    fn open(&mut self, scene: &Scene, out: &mut Frames) {
        let mut message = message(scene);
        message["usage"]["output_tokens"] = json!(1);
        out.event(&json!({"type": "message_start", "message": message}));
    }

    fn begin(&mut self, scene: &Scene, index: usize, out: &mut Frames) {
        out.event(&json!({
            "type": "content_block_start",
            "index": index,
            "content_block": block(scene, index, Filled::No),
        }));
        if index == 0 {
            out.event(&json!({"type": "ping"}));
        }
        if matches!(scene.pieces.get(index), Some(Piece::Call { .. })) {
            out.event(&delta(index, &json!({"type": "input_json_delta", "partial_json": ""})));
        }
    }

    fn delta(&mut self, scene: &Scene, index: usize, fragment: &str, out: &mut Frames) {
        let payload = match scene.pieces.get(index) {
            Some(Piece::Reason(_)) => json!({"type": "thinking_delta", "thinking": fragment}),
            Some(Piece::Text(_)) => json!({"type": "text_delta", "text": fragment}),
            Some(Piece::Call { .. }) => json!({"type": "input_json_delta", "partial_json": fragment}),
            Some(Piece::Redacted(_)) | None => return,
        };
        out.event(&delta(index, &payload));
    }

    fn end(&mut self, scene: &Scene, index: usize, out: &mut Frames) {
        if let Some(Piece::Reason(text)) = scene.pieces.get(index) {
            out.event(&delta(index, &json!({"type": "signature_delta", "signature": seal::sign(text)})));
        }
        out.event(&json!({"type": "content_block_stop", "index": index}));
    }

    fn close(&mut self, scene: &Scene, out: &mut Frames) {
        out.event(&json!({
            "type": "message_delta",
            "delta": {"stop_reason": stop_reason(scene), "stop_sequence": null},
            "usage": usage(scene),
        }));
        out.event(&json!({"type": "message_stop"}));
    }

    fn give_up(&mut self, scene: &Scene, refusal: &Refusal, out: &mut Frames) {
        out.event(&json!({
            "type": "error",
            "error": {"type": refusal.kind, "message": refusal.message},
            "request_id": format!("req_{}", scene.seed.token("request", 24)),
        }));
    }

    fn whole(&self, scene: &Scene) -> Value {
        let mut message = message(scene);
        message["content"] = (0..scene.pieces.len()).map(|index| block(scene, index, Filled::Yes)).collect();
        message["stop_reason"] = json!(stop_reason(scene));
        message
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Filled {
    Yes,
    No,
}

fn message(scene: &Scene) -> Value {
    json!({
        "id": format!("msg_01{}", scene.seed.token("message", 22)),
        "type": "message",
        "role": "assistant",
        "model": scene.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": usage(scene),
    })
}

fn block(scene: &Scene, index: usize, filled: Filled) -> Value {
    let text = |text: &str| if filled == Filled::Yes { text.to_owned() } else { String::new() };
    match scene.pieces.get(index) {
        Some(Piece::Reason(words)) => {
            json!({"type": "thinking", "thinking": text(words), "signature": text(&seal::sign(words))})
        }
        Some(Piece::Redacted(words)) => json!({"type": "redacted_thinking", "data": seal::seal(words)}),
        Some(Piece::Text(words)) => json!({"type": "text", "text": text(words)}),
        Some(Piece::Call { name, input }) => json!({
            "type": "tool_use",
            "id": format!("toolu_01{}", scene.seed.token(&format!("call {index}"), 22)),
            "name": name,
            "input": serde_json::from_str(&text(input)).unwrap_or_else(|_| json!({})),
        }),
        None => Value::Null,
    }
}

fn delta(index: usize, payload: &Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": payload})
}

/// The whole prompt is the sum of the three input counts.
fn usage(scene: &Scene) -> Value {
    let usage = scene.usage;
    json!({
        "input_tokens": usage.input - usage.cache_read - usage.cache_written,
        "cache_creation_input_tokens": usage.cache_written,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_written,
            "ephemeral_1h_input_tokens": 0,
        },
        "output_tokens": usage.output,
        "output_tokens_details": {"thinking_tokens": usage.reasoning},
        "service_tier": "standard",
    })
}

fn stop_reason(scene: &Scene) -> &'static str {
    match scene.stop {
        Stop::Natural if scene.calls() => "tool_use",
        Stop::Natural => "end_turn",
        Stop::MaxTokens => "max_tokens",
        Stop::Pause => "pause_turn",
        Stop::Refusal | Stop::ContentFilter => "refusal",
    }
}
