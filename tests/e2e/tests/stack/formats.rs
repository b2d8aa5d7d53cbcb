//! A turn over each wire format: create, stream, rest.

use chat::{part::Delta, record::Status};
use edge::models::model_id;
use serde_json::{Value, json};

use crate::support::{Follower, Truth, World, say};

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

/// The rehearsal model refuses what the real ones refuse, so each must get the others' words in its own way.
#[tokio::test]
async fn one_chat_goes_on_over_every_format() {
    let world = World::start().await;
    let api = &world.api;
    let tools = json!([{"name": "ask", "input_schema": {"type": "object"}}]);
    let id = api.create(&json!({"content": [], "client_tools": tools, "system_prompt": "Be brief."})).await;
    let mut follower = Follower::of(&world, id).await;
    let models = ["rehearsal-messages", "rehearsal-responses", "rehearsal-chat"];
    let rounds = models.iter().flat_map(|first| models.iter().map(move |second| [first, second])).flatten();
    let mut messages = 0;
    for model in rounds {
        let model_id = model_id("rehearsal", model);
        let text = "/pace 0\n/reason 5\n/say first\n/call ask {\"a\": 1}\n/call ask {\"a\": 2}\n/then /reason 3\n/then";
        let body = json!({"content": say(text)["content"], "model_id": model_id});
        assert_eq!(api.send(id, &body).await.json(200)["queued"], false);
        follower.until_status(Status::RequiresAction).await;
        let calls = follower.view.content().pending.iter();
        let results =
            calls.map(|call| json!({"tool_call_id": call.tool_call_id, "output": [1], "is_error": true}));
        api.answer(id, &json!(results.collect::<Vec<_>>())).await.empty();
        messages += 5;
        follower.until_rest(messages).await;
        let truth = Truth::of(api, id).await;
        truth.is_shown_by(&follower.view, model);
        assert_eq!((truth.chat.status, truth.chat.model_id), (Status::Waiting, model_id), "{model}");
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
