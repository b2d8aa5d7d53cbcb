//! The stream of the Responses API: `response.created` to `response.completed`, numbered.

mod output;

use serde_json::{Value, json};

use super::super::{
    openai,
    refusal::Refusal,
    scene::Scene,
    script::{Piece, Stop},
    talk::list,
    wire::{Frames, Wire},
};
use output::{Stage, item, item_id, part};

/// Numbers the events, and says what of the request the answer repeats.
pub(crate) struct Responses {
    sequence: u64,
    /// The id of the item at hand: every delta repeats it.
    item_id: String,
    encrypted: Encrypted,
    store: bool,
    effort: Value,
}

/// Whether the request asks for sealed reasoning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encrypted {
    Included,
    Left,
}

impl Responses {
    pub(crate) fn new(body: &Value) -> Self {
        let included = list(body, "include").iter().any(|name| name == "reasoning.encrypted_content");
        Self {
            sequence: 0,
            item_id: String::new(),
            encrypted: if included { Encrypted::Included } else { Encrypted::Left },
            store: body["store"].as_bool().unwrap_or(true),
            effort: body["reasoning"]["effort"].clone(),
        }
    }

    fn emit(&mut self, out: &mut Frames, mut payload: Value) {
        payload["sequence_number"] = json!(self.sequence);
        self.sequence += 1;
        out.event(&payload);
    }

    fn response(&self, scene: &Scene, status: &str) -> Value {
        json!({
            "id": format!("resp_{}", scene.seed.token("response", 48)),
            "object": "response",
            "created_at": scene.seed.created(),
            "status": status,
            "background": false,
            "error": null,
            "incomplete_details": null,
            "instructions": null,
            "max_output_tokens": null,
            "metadata": {},
            "model": scene.model,
            "output": [],
            "parallel_tool_calls": true,
            "previous_response_id": null,
            "reasoning": {"effort": self.effort, "summary": null},
            "service_tier": "default",
            "store": self.store,
            "temperature": 1.0,
            "text": {"format": {"type": "text"}, "verbosity": "medium"},
            "tool_choice": "auto",
            "tools": [],
            "top_logprobs": 0,
            "top_p": 1.0,
            "truncation": "disabled",
            "usage": null,
            "user": null,
        })
    }

    fn finished(&self, scene: &Scene) -> Value {
        let mut response = self.response(scene, status(scene));
        let items = (0..scene.pieces.len()).map(|index| item(scene, index, Stage::Done, self.encrypted));
        response["output"] = items.collect();
        response["usage"] = usage(scene);
        if let Some(reason) = incomplete(scene) {
            response["incomplete_details"] = json!({"reason": reason});
        }
        response
    }

    /// Opens or closes the one part that an item has inside.
    fn part(&mut self, scene: &Scene, index: usize, stage: Stage, out: &mut Frames) {
        let Some(piece) = scene.pieces.get(index) else { return };
        let (name, place) = match piece {
            Piece::Reason(_) => ("reasoning_summary_part", "summary_index"),
            Piece::Text(_) => ("content_part", "content_index"),
            Piece::Redacted(_) | Piece::Call { .. } => return,
        };
        let moment = if stage == Stage::Added { "added" } else { "done" };
        self.emit(
            out,
            json!({
                "type": format!("response.{name}.{moment}"),
                "item_id": self.item_id,
                "output_index": index,
                place: 0,
                "part": part(scene, piece, stage),
            }),
        );
    }
}

impl Wire for Responses {
    fn open(&mut self, scene: &Scene, out: &mut Frames) {
        for kind in ["response.created", "response.in_progress"] {
            let response = self.response(scene, "in_progress");
            self.emit(out, json!({"type": kind, "response": response}));
        }
    }

    fn begin(&mut self, scene: &Scene, index: usize, out: &mut Frames) {
        self.item_id = item_id(scene, index);
        let item = item(scene, index, Stage::Added, self.encrypted);
        self.emit(out, json!({"type": "response.output_item.added", "output_index": index, "item": item}));
        self.part(scene, index, Stage::Added, out);
    }

    fn delta(&mut self, scene: &Scene, index: usize, fragment: &str, out: &mut Frames) {
        if let Some(payload) = output::delta(scene, index, &self.item_id, fragment) {
            self.emit(out, payload);
        }
    }

    fn end(&mut self, scene: &Scene, index: usize, out: &mut Frames) {
        if let Some(payload) = output::done(scene, index, &self.item_id) {
            self.emit(out, payload);
        }
        self.part(scene, index, Stage::Done, out);
        let item = item(scene, index, Stage::Done, self.encrypted);
        self.emit(out, json!({"type": "response.output_item.done", "output_index": index, "item": item}));
    }

    fn close(&mut self, scene: &Scene, out: &mut Frames) {
        let response = self.finished(scene);
        self.emit(out, json!({"type": format!("response.{}", status(scene)), "response": response}));
    }

    fn give_up(&mut self, scene: &Scene, refusal: &Refusal, out: &mut Frames) {
        let mut error = openai::error(refusal);
        error["code"] = json!(refusal.code.unwrap_or(refusal.kind));
        self.emit(
            out,
            json!({
                "type": "error",
                "code": error["code"],
                "message": error["message"],
                "param": error["param"],
            }),
        );
        let mut response = self.response(scene, "failed");
        response["error"] = json!({"code": error["code"], "message": error["message"]});
        self.emit(out, json!({"type": "response.failed", "response": response}));
    }

    fn whole(&self, scene: &Scene) -> Value {
        self.finished(scene)
    }
}

fn status(scene: &Scene) -> &'static str {
    if incomplete(scene).is_some() { "incomplete" } else { "completed" }
}

fn incomplete(scene: &Scene) -> Option<&'static str> {
    match scene.stop {
        Stop::Natural | Stop::Refusal | Stop::Pause => None,
        Stop::MaxTokens => Some("max_output_tokens"),
        Stop::ContentFilter => Some("content_filter"),
    }
}

fn usage(scene: &Scene) -> Value {
    let usage = scene.usage;
    json!({
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_written},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    })
}
