//! Output items and their parts, as they begin, grow and end.

use serde_json::{Value, json};

use super::{
    super::super::{
        scene::Scene,
        script::{Piece, Stop},
        seal,
    },
    Encrypted,
};

/// Whether an item has just begun or is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Added,
    Done,
}

pub(super) fn item(scene: &Scene, index: usize, stage: Stage, encrypted: Encrypted) -> Value {
    let Some(piece) = scene.pieces.get(index) else { return Value::Null };
    let id = item_id(scene, index);
    let status = if stage == Stage::Done { "completed" } else { "in_progress" };
    match piece {
        Piece::Reason(text) | Piece::Redacted(text) => reasoning(scene, piece, &id, text, stage, encrypted),
        Piece::Text(_) => {
            let content = if stage == Stage::Done { vec![part(scene, piece, stage)] } else { Vec::new() };
            json!({"id": id, "type": "message", "status": status, "role": "assistant", "content": content})
        }
        Piece::Call { name, input } => json!({
            "id": id,
            "type": "function_call",
            "status": status,
            "call_id": format!("call_{}", scene.seed.token(&format!("call {index}"), 24)),
            "name": name,
            "arguments": if stage == Stage::Done { input.as_str() } else { "" },
        }),
    }
}

fn reasoning(
    scene: &Scene,
    piece: &Piece,
    id: &str,
    text: &str,
    stage: Stage,
    encrypted: Encrypted,
) -> Value {
    let shown = stage == Stage::Done && matches!(piece, Piece::Reason(_));
    let summary = if shown { vec![part(scene, piece, stage)] } else { Vec::new() };
    let mut item = json!({"id": id, "type": "reasoning", "summary": summary});
    if encrypted == Encrypted::Included {
        item["encrypted_content"] = json!(seal::seal(text));
    }
    item
}

pub(super) fn item_id(scene: &Scene, index: usize) -> String {
    let prefix = match scene.pieces.get(index) {
        Some(Piece::Reason(_) | Piece::Redacted(_)) => "rs",
        Some(Piece::Call { .. }) => "fc",
        Some(Piece::Text(_)) | None => "msg",
    };
    format!("{prefix}_{}", scene.seed.token(&format!("item {index}"), 48))
}

pub(super) fn part(scene: &Scene, piece: &Piece, stage: Stage) -> Value {
    let full = match piece {
        Piece::Reason(text) | Piece::Text(text) => text.as_str(),
        Piece::Redacted(_) | Piece::Call { .. } => "",
    };
    let text = if stage == Stage::Done { full } else { "" };
    if piece.is_reasoning() {
        return json!({"type": "summary_text", "text": text});
    }
    match refuses(scene) {
        true => json!({"type": "refusal", "refusal": text}),
        false => json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []}),
    }
}

pub(super) fn delta(scene: &Scene, index: usize, id: &str, fragment: &str) -> Option<Value> {
    Some(match scene.pieces.get(index)? {
        Piece::Reason(_) => json!({
            "type": "response.reasoning_summary_text.delta",
            "item_id": id, "output_index": index, "summary_index": 0, "delta": fragment,
        }),
        Piece::Text(_) if refuses(scene) => json!({
            "type": "response.refusal.delta",
            "item_id": id, "output_index": index, "content_index": 0, "delta": fragment,
        }),
        Piece::Text(_) => json!({
            "type": "response.output_text.delta",
            "item_id": id, "output_index": index, "content_index": 0, "delta": fragment, "logprobs": [],
        }),
        Piece::Call { .. } => json!({
            "type": "response.function_call_arguments.delta",
            "item_id": id, "output_index": index, "delta": fragment,
        }),
        Piece::Redacted(_) => return None,
    })
}

pub(super) fn done(scene: &Scene, index: usize, id: &str) -> Option<Value> {
    Some(match scene.pieces.get(index)? {
        Piece::Reason(text) => json!({
            "type": "response.reasoning_summary_text.done",
            "item_id": id, "output_index": index, "summary_index": 0, "text": text,
        }),
        Piece::Text(text) if refuses(scene) => json!({
            "type": "response.refusal.done",
            "item_id": id, "output_index": index, "content_index": 0, "refusal": text,
        }),
        Piece::Text(text) => json!({
            "type": "response.output_text.done",
            "item_id": id, "output_index": index, "content_index": 0, "text": text, "logprobs": [],
        }),
        Piece::Call { name, input } => json!({
            "type": "response.function_call_arguments.done",
            "item_id": id, "output_index": index, "name": name, "arguments": input,
        }),
        Piece::Redacted(_) => return None,
    })
}

fn refuses(scene: &Scene) -> bool {
    scene.stop == Stop::Refusal
}
