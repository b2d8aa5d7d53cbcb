//! What happens in a chat while its clients are cut.

use std::sync::Arc;

use chat::record::Status;
use serde_json::json;

use super::Audience;
use crate::support::{Follower, World, say};

async fn stage() -> Arc<World> {
    Arc::new(World::start().await)
}

#[tokio::test]
async fn clients_cut_while_text_streams_end_right() {
    let world = stage().await;
    let id = world.api.idle().await;
    let mut audience = Audience::of(&world, id).await;
    world.api.say(id, "/pace 20\n/text 60").await;
    audience.until_rest(2).await;
    audience.agrees().await;
}

#[tokio::test]
async fn clients_cut_while_reasoning_streams_end_right() {
    let world = stage().await;
    let id = world.api.idle().await;
    let mut audience = Audience::of(&world, id).await;
    world.api.say(id, "/pace 20\n/reason 30\n/text 30").await;
    audience.until_rest(2).await;
    audience.agrees().await;
}

#[tokio::test]
async fn clients_cut_while_a_client_tool_is_asked_end_right() {
    let world = stage().await;
    let tool = json!({"name": "ask", "input_schema": {"type": "object"}});
    let id = world.api.create(&json!({"content": [], "client_tools": [tool]})).await;
    let mut audience = Audience::of(&world, id).await;
    world
        .api
        .say(id, "/pace 20\n/text 20\n/call ask {\"question\": \"why do you ask me this?\"}\n/then done")
        .await;
    audience.until("a pending call", |view| !view.content().pending.is_empty()).await;
    let call = &audience.lead.view.content().pending[0];
    let results = json!([{"tool_call_id": call.tool_call_id, "output": {"why": "so"}, "is_error": false}]);
    world.api.answer(id, &results).await.empty();
    audience.until_rest(4).await;
    assert_eq!(audience.agrees().await.roles(), ["user", "assistant", "tool", "assistant"]);
}

#[tokio::test]
async fn clients_cut_while_a_model_call_is_retried_end_right() {
    let world = stage().await;
    let id = world.api.idle().await;
    let mut audience = Audience::of(&world, id).await;
    world.api.say(id, "/pace 20\n/text 40\n/cut after=20 times=1").await;
    audience.until("a retry", |view| view.content().retry.is_some()).await;
    audience.until_rest(2).await;
    audience.agrees().await;
}

#[tokio::test]
async fn clients_cut_while_history_is_edited_end_right() {
    let world = stage().await;
    let id = world.api.idle().await;
    let mut audience = Audience::of(&world, id).await;
    world.api.say(id, "/pace 5\n/text 5").await;
    audience.until_rest(2).await;
    world.api.say(id, "/pace 20\n/text 500").await;
    audience.until_streams().await;
    let edited = world.api.patch(&format!("/chats/{id}/messages/1"), &say("/pace 20\n/text 20")).await;
    assert_eq!(edited.json(200)["deleted_message_ids"], json!([1, 2, 3]));
    audience.until("the new answer", |view| view.content().history.keys().any(|id| id.0 >= 5)).await;
    audience.until_rest(2).await;
    assert_eq!(audience.agrees().await.roles(), ["user", "assistant"]);
}

#[tokio::test]
async fn clients_cut_while_a_turn_is_interrupted_end_right() {
    let world = stage().await;
    let id = world.api.idle().await;
    let mut audience = Audience::of(&world, id).await;
    world.api.say(id, "/pace 20\n/text 500").await;
    audience.until_streams().await;
    world.api.act(&format!("/chats/{id}/interrupt")).await.json(200);
    audience.until_rest(2).await;
    assert_eq!(audience.agrees().await.roles(), ["user", "assistant"]);
}

#[tokio::test]
async fn clients_cut_while_a_fork_goes_on_end_right() {
    let world = stage().await;
    let id = world.api.create(&say("/pace 2\n/text 5")).await;
    let mut follower = Follower::of(&world, id).await;
    follower.until_rest(2).await;
    world.api.say(id, "/pace 2\n/text 6").await;
    follower.until_rest(4).await;

    let fork = world.api.post(&format!("/chats/{id}/fork"), &json!({"message_id": 2})).await;
    let fork = fork.read::<chat::view::ChatView>(201).id;
    let mut audience = Audience::of(&world, fork).await;
    world.api.say(fork, "/pace 20\n/text 20").await;
    audience.until_rest(4).await;
    audience.agrees().await;
}

#[tokio::test]
async fn clients_cut_while_a_queue_moves_end_right() {
    let world = stage().await;
    let id = world.api.idle().await;
    let mut audience = Audience::of(&world, id).await;
    world.api.say(id, "/pace 20\n/text 3000").await;
    for text in ["/say two", "/say three", "/say four"] {
        assert_eq!(world.api.say(id, text).await["queued"], true);
    }
    world.api.delete(&format!("/chats/{id}/queue/2")).await.empty();
    audience.until_streams().await;
    world.api.act(&format!("/chats/{id}/queue/3/promote")).await.json(200);
    audience.until("an interruption", |view| view.content().history.len() >= 2).await;
    audience.until_rest(6).await;
    let truth = audience.agrees().await;
    assert_eq!(truth.chat.status, Status::Waiting);
    assert_eq!(truth.roles(), ["user", "assistant", "user", "assistant", "user", "assistant"]);
}

#[tokio::test]
async fn clients_cut_while_a_turn_fails_end_right() {
    let world = stage().await;
    let id = world.api.idle().await;
    let mut audience = Audience::of(&world, id).await;
    world.api.say(id, "/pace 20\n/text 40\n/error-event auth after=30").await;
    audience.until("a failure", |view| view.content().error.is_some() && view.content().is_at_rest()).await;
    assert_eq!(audience.agrees().await.chat.status, Status::Error);
}

#[tokio::test]
async fn clients_cut_while_a_message_steers_end_right() {
    let world = stage().await;
    let id = world.api.idle().await;
    let mut audience = Audience::of(&world, id).await;
    world.api.say(id, "/pace 15\n/text 120").await;
    audience.until_streams().await;
    let steer = json!({"content": say("/pace 10\n/text 10")["content"], "when_busy": "steer"});
    assert_eq!(world.api.send(id, &steer).await.json(200)["queued"], true);
    audience.until_rest(4).await;
    assert_eq!(audience.agrees().await.roles(), ["user", "assistant", "user", "assistant"]);
}

#[tokio::test]
async fn clients_cut_while_people_rearrange_a_chat_end_right() {
    let world = stage().await;
    let id = world.api.idle().await;
    let mut audience = Audience::of(&world, id).await;
    world.api.say(id, "/pace 5\n/text 5").await;
    audience.until_rest(2).await;
    let path = format!("/chats/{id}");
    for change in [
        json!({"title": "One", "labels": {"a": "b"}}),
        json!({"pin_order": 3}),
        json!({"archived": true}),
        json!({"archived": false, "title": "Two"}),
        json!({"plan_mode": true}),
    ] {
        world.api.patch(&path, &change).await.json(200);
    }
    world.api.post(&format!("{path}/read"), &json!({"message_id": 2})).await.empty();
    world.api.act(&format!("{path}/clear")).await.json(200);
    let is_cleared = |view: &view::View| {
        view.content().chat.as_ref().is_some_and(|chat| chat.context.used_tokens == 0 && !chat.has_unread)
    };
    audience.until("the last change", |view| view.content().history.len() == 4 && is_cleared(view)).await;
    let chat = audience.agrees().await.chat;
    assert_eq!((chat.title.as_str(), chat.plan_mode, chat.pin_order), ("Two", true, 0));
}
