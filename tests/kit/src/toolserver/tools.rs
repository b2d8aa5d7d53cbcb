//! What is answered.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::{mpsc::UnboundedSender, oneshot};

use super::{STATELESS, Shared};

/// Longer than anybody waits.
const HOURS: Duration = Duration::from_secs(36_000);
/// What who takes up a stream finds before the answer: streams without anything on them, and a server that is busy.
const POLLS: [StatusCode; 9] = [
    StatusCode::OK,
    StatusCode::OK,
    StatusCode::OK,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::OK,
    StatusCode::OK,
    StatusCode::OK,
    StatusCode::OK,
];

pub(super) fn tool(name: &str) -> Value {
    let mut schema = json!({"type": "object", "properties": {"text": {"type": "string"}}});
    if name.ends_with("marked") {
        schema["properties"]["text"]["x-mcp-header"] = json!("Text");
    }
    if name == "mismarked" {
        schema["properties"]["again"] = json!({"type": "string", "x-mcp-header": "TEXT"});
    }
    json!({"name": name, "description": format!("Does {name}."), "inputSchema": schema})
}

/// Whether it is answered on a stream.
pub(super) fn is_streamed(asked: &Value) -> bool {
    let name = asked["params"]["name"].as_str().unwrap_or_default();
    asked["method"] == "tools/call" && ["ask", "cut", "hold", "lost", "poll", "stray"].contains(&name)
}

pub(super) fn event(message: &Value) -> String {
    format!("event: message\ndata: {message}\n\n")
}

/// None for what wants no answer.
pub(super) async fn answer(shared: &Shared, asked: &Value, say: &UnboundedSender<String>) -> Option<Value> {
    let id = asked.get("id").cloned()?;
    let params = asked.get("params").cloned().unwrap_or_default();
    let Some(method) = asked.get("method").and_then(Value::as_str) else {
        let ask = shared.lock().asks.remove(id.as_str()?)?;
        let _ = ask.send(asked.clone());
        if id == "hold" {
            tokio::time::sleep(HOURS).await;
        }
        return None;
    };
    let said = match method {
        "initialize" => Ok(json!({
            "protocolVersion": shared.lock().version.as_ref().map_or(params["protocolVersion"].clone(), |own| json!(own)),
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "kit", "version": "1"},
        })),
        "server/discover" => Ok(json!({
            "resultType": "complete", "supportedVersions": [STATELESS], "capabilities": {"tools": {}},
            "ttlMs": 0, "cacheScope": "private",
        })),
        "ping" => Ok(json!({})),
        "tools/list" => {
            let mut inner = shared.lock();
            inner.listed += 1;
            let next = inner.is_endless.then(|| inner.listed.to_string());
            Ok(json!({"tools": inner.tools, "nextCursor": next}))
        }
        "tools/call" => {
            shared.lock().called.push(json!({
                "name": params.get("name"), "arguments": params.get("arguments"),
            }));
            call(shared, &id, &params, say).await?
        }
        _ => Err(json!({"code": -32601, "message": "there is no such method"})),
    };
    let answer = match said {
        Ok(Value::String(nonsense)) => Value::String(nonsense),
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(error) => json!({"jsonrpc": "2.0", "id": id, "error": error}),
    };
    if params["name"] == "cut" || params["name"] == "poll" {
        let mut inner = shared.lock();
        inner.kept = Some(answer);
        if params["name"] == "poll" {
            inner.before = POLLS.into();
        }
        let _ = say.send("id: 1\nretry: 1\ndata:\n\n".to_owned());
        return None;
    }
    Some(answer)
}

/// None where nothing is answered ever.
async fn call(
    shared: &Shared,
    id: &Value,
    params: &Value,
    say: &UnboundedSender<String>,
) -> Option<Result<Value, Value>> {
    let text = |text: &str| json!({"type": "text", "text": text});
    let said = params.pointer("/arguments/text").and_then(Value::as_str).unwrap_or_default();
    Some(match params.get("name").and_then(Value::as_str).unwrap_or_default() {
        "echo" | "cut" | "deny" | "poll" => Ok(json!({"content": [text(&format!("echo: {said}"))]})),
        "fail" => Ok(json!({"content": [text("it did not work")], "isError": true})),
        "picture" => {
            let image = json!({"type": "image", "data": "AAAA", "mimeType": "image/png"});
            Ok(json!({"content": [text("look"), image]}))
        }
        "hang" => {
            tokio::time::sleep(HOURS).await;
            Ok(json!({}))
        }
        "ask" => Ok(json!({"content": [text(&ask(shared, said, said, say).await?)]})),
        "hold" => Ok(json!({"content": [text(&ask(shared, "hold", "ping", say).await?)]})),
        "stray" => {
            stray(id, say);
            Ok(json!({"content": [text("at last")]}))
        }
        "input" => Ok(json!({"resultType": "input_required", "inputRequests": {}})),
        "garble" => Ok(json!("nonsense")),
        "lost" => return None,
        _ => Err(json!({"code": -32602, "message": "there is no such tool"})),
    })
}

/// Asks the client by this method, and returns what it said.
async fn ask(shared: &Shared, id: &str, method: &str, say: &UnboundedSender<String>) -> Option<String> {
    let (tell, told) = oneshot::channel();
    shared.lock().asks.insert(id.to_owned(), tell);
    say.send(event(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": {}}))).ok()?;
    let told = told.await.ok()?;
    Some(match told.get("error") {
        Some(error) => format!("error {}", error["code"]),
        None => format!("result {}", told["result"]),
    })
}

/// All that a client is to pass over.
fn stray(id: &Value, say: &UnboundedSender<String>) {
    let other =
        json!({"jsonrpc": "2.0", "id": id.as_u64().unwrap_or_default() + 100, "result": {"content": []}});
    let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progress": 1}});
    let unknown = "event: unknown\ndata: {}\n\n: a comment\n\n".to_owned();
    let nobodys = json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32603, "message": "not yours"}});
    for event in
        [event(&other), event(&nobodys), unknown, "data: no message\n\n".to_owned(), event(&progress)]
    {
        let _ = say.send(event);
    }
}
