//! What a step does for a model call besides waiting: building a long prompt, reading a stream. `cargo bench -p step`.
#![expect(clippy::print_stdout, reason = "a benchmark's product is its table")]

#[path = "../../../tests/e2e/benches/turns/table.rs"]
mod table;

use std::{collections::VecDeque, hint::black_box, sync::Arc, time::Instant};

use anyhow::{Context as _, Result};
use chat::{
    id::{CallId, ChatId, MessageId, UserId},
    message::{Message, NewMessage, Role},
    model::{Api, ModelConfig},
    part::{Part, ToolCall, ToolResult},
    record::Spec,
    time::Timestamp,
};
use kit::seed;
use llm::sse::Reader;
use serde_json::json;
use table::{Row, percentile, row};
use turn::{
    catalogue::Offer,
    prompt::{Asked, request},
};
use uuid::Uuid;

/// Bytes of what was said, and of each message of it.
const HISTORY_BYTES: usize = 1_000_000;
const MESSAGE_BYTES: usize = 2_500;
const ROUNDS: usize = 40;
/// Bytes of the stream, and of the pieces that it comes in: TLS records.
const STREAM_BYTES: usize = 200_000_000;
const PIECE_BYTES: usize = 16 * 1024;
const WORDS: &str = "The quick brown fox jumps over the lazy dog; \"quoted\", and on the next line:\n";

fn main() -> Result<()> {
    table::head();
    let history = history();
    for (wire, api) in [
        ("Anthropic Messages", Api::AnthropicMessages),
        ("OpenAI Responses", Api::OpenaiResponses),
        ("OpenAI Chat Completions", Api::OpenaiChat),
        ("Google Generate Content", Api::GoogleGenerate),
    ] {
        let what = format!("prompt of a 1 MB history, {wire}, p50");
        row(&Row { what: &what, figure: prompt(api, &history), unit: "ms", bar: Some(15.0) });
    }
    let what = "reading 200 MB of server-sent events";
    row(&Row { what, figure: stream()?, unit: "ms", bar: Some(1_000.0) });
    Ok(())
}

/// A person, an answer with a call, the call's result; again and again.
fn history() -> Vec<Arc<Message>> {
    let text = WORDS.repeat(MESSAGE_BYTES / WORDS.len() + 1);
    let messages = (0..HISTORY_BYTES / MESSAGE_BYTES).map(|number| {
        let id = CallId(format!("toolu_{}", number / 3));
        let said = Part::Text { text: text.clone() };
        let new = match number % 3 {
            0 => NewMessage::of(Role::User, vec![said.into()]),
            1 => {
                let args = json!({"path": "src/lib.rs", "line": number});
                let call = ToolCall {
                    tool_call_id: id,
                    tool_name: "read_file".into(),
                    args,
                    provider_executed: false,
                };
                NewMessage::of(Role::Assistant, vec![said.into(), Part::ToolCall(call).into()])
            }
            _ => {
                let result = ToolResult {
                    result: json!({ "content": text }),
                    is_error: false,
                    ..ToolResult::synthetic(id, "read_file".into(), "")
                };
                NewMessage::of(Role::Tool, vec![Part::ToolResult(result).into()])
            }
        };
        Arc::new(new.placed(MessageId(number as u64 + 1), Timestamp(0), 1))
    });
    messages.collect()
}

/// From history to the bytes of the request.
fn prompt(api: Api, history: &[Arc<Message>]) -> f64 {
    let tools = tools::Tools::of(&[]);
    let model = Arc::new(ModelConfig { api, context_limit: 1_000_000, ..seed::model() });
    let offer = Offer {
        user_id: UserId(Uuid::nil()),
        catalogue: Arc::new(seed::presets()),
        preferences: Arc::default(),
    };
    let asked = Asked { model, access: seed::access(), offer };
    let (chat, spec) = (seed::chat(ChatId(Uuid::nil())), Spec::default());
    let mut took: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            black_box(llm::encoded(&request(&chat, &spec, &asked, black_box(history), &tools)));
            begun.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    percentile(&mut took, 50)
}

/// A provider's usual events, a few words each.
fn stream() -> Result<f64> {
    let delta = json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a few words "}});
    let event = format!("event: content_block_delta\ndata: {delta}\n\n");
    let bytes = event.repeat(4 * PIECE_BYTES / event.len()).into_bytes();
    let (mut reader, mut events, mut read) = (Reader::default(), VecDeque::new(), 0);
    let begun = Instant::now();
    while read < STREAM_BYTES {
        for piece in bytes.chunks(PIECE_BYTES) {
            reader.push(black_box(piece), &mut events).context("a short line")?;
            read += piece.len();
            black_box(events.drain(..).count());
        }
    }
    Ok(begun.elapsed().as_secs_f64() * 1_000.0)
}
