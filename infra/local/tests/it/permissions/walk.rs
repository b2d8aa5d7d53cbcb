//! A walkthrough that makes every function do all that it can.

use aws_sdk_dynamodb::types::AttributeValue;
use kit::rehearsal::Script;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    machines, servers,
    stage::{Stage, act, text, titled},
};
use crate::{
    kill::{MENDED, hear, say, send},
    world::Client,
};

/// As many calls as one answer may make: what closes them does not fit into one transaction.
pub(super) const CALLS: usize = 64;

/// Each part has a heap of its own: together they are more than a test's stack holds.
pub(super) async fn everything(stage: &Stage) {
    let (mut socket, mut watcher) = (stage.socket().await, stage.socket().await);
    send(&mut watcher, &json!({"action": "watch"})).await;
    until(&mut watcher, "watching").await;
    let chat = Box::pin(conversation(stage, &mut socket, &mut watcher)).await;
    Box::pin(calls(stage, &mut socket)).await;
    Box::pin(runs(stage, &mut socket)).await;
    Box::pin(machines(stage, &mut socket)).await;
    Box::pin(settings(stage, &mut socket)).await;
    Box::pin(spending(stage)).await;
    Box::pin(machines::machines(stage, &mut socket)).await;
    Box::pin(servers::servers(stage, &mut socket)).await;
    Box::pin(forks(stage, &chat)).await;
    Box::pin(migrations(stage)).await;
    send(&mut watcher, &json!({"action": "unwatch"})).await;
    until(&mut watcher, "unwatched").await;
}

/// A chat is made, changed and talked in, while a socket that was listening is gone.
async fn conversation(stage: &Stage, socket: &mut Client, watcher: &mut Client) -> String {
    let create = stage.request(Method::POST, "/chats").header("idempotency-key", "create");
    let chat = stage.ask(create.json(&titled(&say("/say hello")))).await["id"].as_str().unwrap().to_owned();
    act(socket, "subscribe", &chat).await;
    until_rest(socket, &chat).await;
    until_seen(watcher, &chat, "waiting").await;
    stage.ask(stage.request(Method::GET, "/chats")).await;
    stage.bury_a_socket(&chat).await;
    stage.ask(stage.request(Method::PATCH, &format!("/chats/{chat}")).json(&json!({"title": "t"}))).await;
    stage.bury_a_socket(&chat).await;
    let sent =
        stage.request(Method::POST, &format!("/chats/{chat}/messages")).header("idempotency-key", "send");
    let (script, held) = Script::say("hello again").held();
    stage.rehearsal.enqueue_when("again", script);
    stage.ask(sent.json(&say("again"))).await;
    // Whoever sent has told everybody; the step tells when the model has said something.
    until_seen(watcher, &chat, "running").await;
    stage.bury_a_socket(&chat).await;
    held.release_all();
    until_rest(socket, &chat).await;
    until_seen(watcher, &chat, "waiting").await;
    chat
}

/// More calls are open than one transaction closes: once a person stops the turn, and once the chat is one that
/// cannot be.
async fn calls(stage: &Stage, socket: &mut Client) {
    let chat = asked(stage, socket).await;
    sweep(stage, &chat).await;
    stage.ask(stage.request(Method::POST, &format!("/chats/{chat}/interrupt"))).await;
    until_rest(socket, &chat).await;
    let chat = asked(stage, socket).await;
    stage.set(&chat, "st", text("waiting")).await;
    stage.ask(stage.request(Method::POST, &format!("/chats/{chat}/reconcile"))).await;
    act(socket, "unsubscribe", &chat).await;
    until(socket, "unsubscribed").await;
}

/// A run with as many open calls is listed and killed, with a socket that is gone; what was queued runs next.
async fn runs(stage: &Stage, socket: &mut Client) {
    let chat = asked(stage, socket).await;
    stage.post(&format!("/chats/{chat}/messages"), &say("/say next")).await;
    let listed = stage.ask(stage.request(Method::GET, "/runs")).await;
    assert_eq!(listed["counts"]["requires_action"], 1, "{listed}");
    stage.bury_a_socket(&chat).await;
    let kill = stage.request(Method::POST, &format!("/runs/{chat}/kill"));
    stage.ask(kill.header("Idempotency-Key", "kill")).await;
    until_rest(socket, &chat).await;
    act(socket, "unsubscribe", &chat).await;
    until(socket, "unsubscribed").await;
}

/// A chat's model has a workspace made, and somebody is asked for its machine.
async fn machines(stage: &Stage, socket: &mut Client) {
    let chat = stage.create(&json!({"content": []})).await;
    act(socket, "subscribe", &chat).await;
    until_rest(socket, &chat).await;
    let said = "/call create_workspace {\"template_id\": \"local\"}";
    stage.post(&format!("/chats/{chat}/messages"), &say(said)).await;
    let asks = async {
        let asked = |access: &local::Access| access.to_string().ends_with("-machines");
        while !stage.stack.permissions()["Step"].used.iter().any(asked) {
            tokio::task::yield_now().await;
        }
    };
    timeout(MENDED, asks).await.unwrap();
    stage.ask(stage.request(Method::POST, &format!("/chats/{chat}/interrupt"))).await;
    act(socket, "unsubscribe", &chat).await;
    until(socket, "unsubscribed").await;
}

/// A provider with a key of its own is made, tried, used in a chat and for its title, and removed.
async fn settings(stage: &Stage, socket: &mut Client) {
    let at = stage.rehearsal.openai_url();
    let body = json!({"type": "openai-compat", "name": "own", "base_url": at, "api_key": "sk-own"});
    let provider = stage.post("/providers", &body).await["id"].as_str().unwrap().to_owned();
    let body = json!({"provider_id": provider, "model": "rehearsal-chat", "context_limit": 100_000});
    let model = stage.post("/models", &body).await["id"].as_str().unwrap().to_owned();
    let checked = stage.ask(stage.request(Method::POST, &format!("/providers/{provider}/check"))).await;
    assert_eq!(checked["ok"], true, "{checked}");
    let chat = stage.create(&json!({"content": [], "model_id": model})).await;
    act(socket, "subscribe", &chat).await;
    until_rest(socket, &chat).await;
    let mut said = say("/say hello");
    said["model_id"] = model.as_str().into();
    stage.post(&format!("/chats/{chat}/messages"), &said).await;
    until_rest(socket, &chat).await;
    let suggested = stage.ask(stage.request(Method::POST, &format!("/chats/{chat}/title"))).await;
    assert_eq!(suggested["title"], "/say hello");
    act(socket, "unsubscribe", &chat).await;
    until(socket, "unsubscribed").await;
    for path in [format!("/models/{model}"), format!("/providers/{provider}")] {
        stage.ask(stage.request(Method::DELETE, &path)).await;
    }
}

/// Ceilings are set, and what was spent by now is read.
async fn spending(stage: &Stage) {
    let limits = json!({"user_micros": 1_000_000_000, "org_micros": 1_000_000_000});
    stage.ask(stage.request(Method::PUT, "/limits").json(&limits)).await;
    let chat = stage.create(&say("/say dear")).await;
    let rests = async {
        while stage.ask(stage.request(Method::GET, &format!("/chats/{chat}"))).await["status"] != "waiting" {}
    };
    timeout(MENDED, rests).await.unwrap();
    let usage = stage.ask(stage.request(Method::GET, "/usage?group_by=user")).await;
    assert!(usage["total"]["calls"].as_u64().unwrap() > 1, "{usage}");
    stage.ask(stage.request(Method::GET, "/limits")).await;
    stage.ask(stage.request(Method::PUT, "/limits").json(&json!({}))).await;
}

/// A chat whose model has asked for as many calls as it may.
async fn asked(stage: &Stage, socket: &mut Client) -> String {
    let tools = json!([{"name": "ask", "input_schema": {"type": "object"}}]);
    let chat = stage.create(&json!({"content": [], "client_tools": tools})).await;
    act(socket, "subscribe", &chat).await;
    until_rest(socket, &chat).await;
    // Nobody has the first tool; with that answered, the step goes on by a wake.
    let said = format!("/pace 1\n/call nobody {{}}\n/then\n{}", "/call ask {}\n".repeat(CALLS));
    stage.post(&format!("/chats/{chat}/messages"), &say(&said)).await;
    until(socket, "action_required").await;
    chat
}

/// A chat is found to be due.
async fn sweep(stage: &Stage, chat: &str) {
    stage.set(chat, "due_at", AttributeValue::N("1".to_owned())).await;
    let swept = stage.stack.invoke("Sweep", json!({})).await.unwrap();
    assert_eq!(swept["woken"], 1);
}

/// Two forks of one chat; then all three go.
async fn forks(stage: &Stage, chat: &str) {
    let fork = format!("/chats/{chat}/fork");
    let one = stage.post(&fork, &json!({"message_id": 2})).await["id"].as_str().unwrap().to_owned();
    let other = stage.post(&fork, &json!({"message_id": 2})).await["id"].as_str().unwrap().to_owned();
    // Of the parent, what forks show stays: two messages, and the row that says so.
    for (chat, left) in [(one.as_str(), 0), (other.as_str(), 0), (chat, 3)] {
        let path = format!("/chats/{chat}");
        stage.ask(stage.request(Method::PATCH, &path).json(&json!({"archived": true}))).await;
        stage.ask(stage.request(Method::DELETE, &path)).await;
        let erased = async { while stage.items(chat).await != left {} };
        timeout(MENDED, erased).await.unwrap();
    }
}

/// Old items are brought up to date; in pages so short that a message comes without its chat. The second time there
/// is nothing to do.
async fn migrations(stage: &Stage) {
    stage.restore_a_backup().await;
    for _ in 0..2 {
        let answer = stage.stack.invoke("Migrate", json!({"page_items": 1})).await.unwrap();
        assert_eq!(answer["done"], true, "{answer}");
    }
}

pub(super) async fn until(socket: &mut Client, kind: &str) {
    timeout(MENDED, hear(socket, |event| event["type"] == kind)).await.unwrap();
}

pub(super) async fn until_rest(socket: &mut Client, chat: &str) {
    let rests =
        |event: &Value| event["type"] == "status" && event["status"] == "waiting" && event["chat_id"] == chat;
    timeout(MENDED, hear(socket, rests)).await.unwrap();
}

/// As somebody who watches hears it: whoever told has then found all who watch.
async fn until_seen(socket: &mut Client, chat: &str, status: &str) {
    let seen = |event: &Value| {
        event["type"] == "chat_updated" && event["chat"]["id"] == chat && event["chat"]["status"] == status
    };
    timeout(MENDED, hear(socket, seen)).await.unwrap();
}
