//! A turn over each wire format: create, stream, rest.

use chat::{part::Delta, record::Status};
use edge::models::model_id;
use serde_json::{Value, json};

use crate::support::{Follower, Truth, World};

/// What only providers, steps and stores know; never on a wire of ours.
const SECRETS: [&str; 8] =
    ["_provider", "signature", "encrypted", "rs_", "msg_", "\"lease", "\"worker", "commit_id"];

async fn a_turn_streams_and_rests(model: &str) {
    let world = World::start().await;
    let api = &world.api;
    let idle = json!({"content": [], "model_id": model_id("rehearsal", model), "title": "A turn"});
    let id = api.create(&idle).await;
    let mut follower = Follower::of(&world, id).await;
    assert_eq!(follower.view.content().status, Some(Status::Waiting));

    let sent = api.say(id, "/pace 5\n/reason 12\n/say one two three\n/say four").await;
    assert_eq!(sent["queued"], false);
    assert_eq!(sent["message"]["id"], 1);
    follower.until("reasoning", |view| has_reasoning(view.preview())).await;
    follower.until_rest(2).await;

    let truth = Truth::of(api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    let answer = serde_json::to_value(truth.history.values().next_back().unwrap()).unwrap();
    assert_eq!(answer["role"], "assistant");
    assert_eq!(texts(&answer, "text"), ["one two three\nfour"]);
    assert_eq!(texts(&answer, "reasoning").concat().split(' ').count(), 12);
    assert_eq!(answer["model_id"], json!(model_id("rehearsal", model)));
    assert!(truth.chat.usage.output_tokens > 0 && truth.chat.context.limit_tokens > 0);
    assert!(truth.chat.has_unread);

    let page = api.get(&format!("/chats/{id}/messages")).await.text;
    let chat = api.get(&format!("/chats/{id}")).await.text;
    for told in follower.heard.iter().chain([&page, &chat]) {
        for secret in SECRETS {
            assert!(!told.contains(secret), "{secret} is on the wire: {told}");
        }
    }
}

fn has_reasoning(preview: &[Delta]) -> bool {
    preview.iter().any(|delta| matches!(delta, Delta::Reasoning { .. }))
}

fn texts(message: &Value, kind: &str) -> Vec<String> {
    let parts = message["content"].as_array().unwrap().iter().filter(|part| part["type"] == kind);
    parts.map(|part| part["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn anthropic_messages_streams_and_rests() {
    a_turn_streams_and_rests("rehearsal-messages").await;
}

#[tokio::test]
async fn openai_responses_streams_and_rests() {
    a_turn_streams_and_rests("rehearsal-responses").await;
}

#[tokio::test]
async fn openai_chat_streams_and_rests() {
    a_turn_streams_and_rests("rehearsal-chat").await;
}
