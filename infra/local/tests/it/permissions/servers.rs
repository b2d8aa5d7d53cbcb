//! Tool servers are made known, listed and called.

use chat::{
    agent::CallToken,
    call::Answerer,
    wake::{Errand, ServerErrand},
};
use kit::toolserver::ToolServer;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    machines::{listen, parked},
    stage::{Stage, act},
    walk::{CALLS, until, until_rest},
};
use crate::{
    kill::{MENDED, say},
    world::Client,
};

/// A server that wants a token is made known, and a chat's model calls it; then as many calls as one answer may make are
/// answered one by one, while a socket that was listening is gone.
pub(super) async fn servers(stage: &Stage, socket: &mut Client) {
    let server = ToolServer::start().await.unwrap();
    server.want_tokens(3_600);
    let auth = json!({
        "type": "oauth2", "token_url": server.token_url(), "client_id": "us", "client_secret": "secret",
    });
    let create = stage.request(Method::POST, "/mcp-servers").header("idempotency-key", "server");
    let body = json!({"slug": "kit", "url": server.url(), "auth": auth});
    let made = stage.ask(create.json(&body)).await;
    let (id, path) = (made["id"].clone(), format!("/mcp-servers/{}", made["id"].as_str().unwrap()));
    until_listed(stage, |server| server["tools"].as_array().is_some_and(|tools| tools.len() == 5)).await;
    let chat = stage.create(&json!({"content": [], "mcp_server_ids": [id]})).await;
    listen(socket, &chat).await;
    let said = "/call kit__echo {\"text\": \"hello\"}\n/then\n/say done";
    stage.post(&format!("/chats/{chat}/messages"), &say(said)).await;
    until_rest(socket, &chat).await;
    assert_eq!(server.called(), [json!({"name": "echo", "arguments": {"text": "hello"}})]);
    let messages = stage.ask(stage.request(Method::GET, &format!("/chats/{chat}/messages"))).await;
    let messages = messages["messages"].as_array().unwrap();
    let result = messages.iter().find(|message| message["role"] == "tool").unwrap();
    assert_eq!(result["content"][0]["result"], "echo: hello", "{result}");
    act(socket, "unsubscribe", &chat).await;
    until(socket, "unsubscribed").await;
    many(stage, socket).await;
    stage.ask(stage.request(Method::PATCH, &path).json(&json!({"display_name": "Kit"}))).await;
    stage.ask(stage.request(Method::POST, &format!("{path}/refresh"))).await;
    stage.ask(stage.request(Method::DELETE, &path)).await;
}

async fn many(stage: &Stage, socket: &mut Client) {
    let enrolled = stage.ask(stage.request(Method::POST, "/workspaces/enroll")).await;
    let workspace = enrolled["workspace_id"].as_str().unwrap().parse().unwrap();
    let (chat, tokens) = parked(stage, workspace, (Answerer::Server, "kit__echo", CALLS)).await;
    listen(socket, &chat).await;
    stage.bury_a_socket(&chat).await;
    let record = |token: &CallToken| {
        let body = serde_json::to_string(&ServerErrand::new(Errand::Call(token.clone()))).unwrap();
        json!({"messageId": token.to_string(), "body": body, "attributes": {}})
    };
    let records: Vec<Value> = tokens.iter().map(record).collect();
    let answer = stage.stack.invoke("Mcp", json!({"Records": records})).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    until_rest(socket, &chat).await;
    act(socket, "unsubscribe", &chat).await;
    until(socket, "unsubscribed").await;
}

async fn until_listed(stage: &Stage, is_it: impl Fn(&Value) -> bool) {
    let listed =
        async { while !is_it(&stage.ask(stage.request(Method::GET, "/mcp-servers")).await["servers"][0]) {} };
    timeout(MENDED, listed).await.unwrap();
}
