//! A conversation of twice its model's window: how large its requests get, and what memory it takes.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use kit::rehearsal::{Rehearsal, Script};
use serde_json::json;

use crate::{
    client::{Client, Listener},
    memory::Process,
    table::{Row, row},
};

const CALLS: usize = 300;
/// At four bytes a token 400,000 tokens in all.
const RESULT_BYTES: usize = 5_400;
const WINDOW_TOKENS: usize = 200_000;
/// What compaction is asked with.
const SUMMARY: &str = "The context window is nearly full.";

pub(crate) async fn conversation() -> Result<()> {
    let rehearsal = Rehearsal::start(([127, 0, 0, 1], 0).into()).await?;
    // The first that fits is taken: what is not asked for a summary is asked for the next call.
    (0..CALLS).for_each(|_| rehearsal.enqueue_when(SUMMARY, Script::say("some of the calls are made")));
    for number in 0..CALLS {
        rehearsal.enqueue(Script::new().call("work", &json!({ "number": number })));
    }
    rehearsal.enqueue(Script::say("all done"));
    let stack = Process::start(Some(&rehearsal.openai_url()))?;
    let Seen { requests, largest_bytes, .. } = talk(&stack.client, &rehearsal).await?;
    let memory = stack.end()?;
    rehearsal.stop().await?;
    let what = "300 calls, 400,000 tokens, window 200,000: compactions";
    row(&Row { what, figure: (requests - CALLS - 1) as f64, unit: "", bar: None });
    let what = "300 calls, 400,000 tokens: largest request at 4 bytes a token";
    row(&Row { what, figure: largest_bytes as f64 / 4.0, unit: "tokens", bar: Some(WINDOW_TOKENS as f64) });
    let what = "300 calls, 400,000 tokens: peak memory of the whole stack";
    row(&Row { what, figure: memory, unit: "MB", bar: Some(100.0) });
    Ok(())
}

/// What arrived at the provider.
#[derive(Default)]
struct Seen {
    requests: usize,
    largest_bytes: usize,
    last: Option<Instant>,
}

impl Seen {
    /// Looks at what is new; the provider does not keep everything.
    fn look(&mut self, rehearsal: &Rehearsal) {
        let last = self.last;
        for request in rehearsal.requests().iter().filter(|request| Some(request.arrived) > last) {
            self.requests += 1;
            self.largest_bytes = self.largest_bytes.max(request.body.len());
            self.last = Some(request.arrived);
        }
    }
}

async fn talk(client: &Client, rehearsal: &Rehearsal) -> Result<Seen> {
    let body =
        json!({"type": "openai-compat", "name": "long", "base_url": rehearsal.openai_url(), "api_key": "k"});
    let provider = client.post("/v1/providers", &body).await?["id"].clone();
    let body = json!({"provider_id": provider, "model": "rehearsal-chat", "context_limit": WINDOW_TOKENS});
    let model = client.post("/v1/models", &body).await?["id"].clone();
    let tools = json!([{"name": "work", "input_schema": {"type": "object"}}]);
    let body = json!({"content": [], "title": "long", "model_id": model, "client_tools": tools});
    let chat = client.post("/v1/chats", &body).await?;
    let chat = chat["id"].as_str().context("a chat has an id")?;
    let mut listener = client.listen(chat).await?;
    client.send(chat, "make three hundred calls").await?;
    let mut seen = Seen::default();
    for _ in 0..CALLS {
        answer(client, chat, &mut listener).await?;
        seen.look(rehearsal);
    }
    listener.rest().await?;
    seen.look(rehearsal);
    let texts = client.texts(chat, 1).await?;
    ensure!(texts == ["all done"], "{texts:?}");
    Ok(seen)
}

async fn answer(client: &Client, chat: &str, listener: &mut Listener) -> Result<()> {
    let call = listener.asked().await?;
    let output = "forecast ".repeat(RESULT_BYTES / 9);
    let result = json!({"tool_call_id": call, "output": output, "is_error": false});
    let path = format!("/v1/chats/{chat}/tool-results");
    client.post(&path, &json!({ "results": [result] })).await.map(drop)
}
