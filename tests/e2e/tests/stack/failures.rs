//! Turns that fail: what people are told, and how a chat goes on.

use chat::record::Status;
use edge::models::model_id;
use serde_json::{Value, json};

use crate::support::{Follower, Truth, World, said};

/// Failures that no retry can mend, by the rehearsal model's names for them.
const HOPELESS: [&str; 7] = ["auth", "forbidden", "quota", "not_found", "too_large", "context", "invalid"];

async fn hopeless_failures(model: &str) -> Vec<Value> {
    let world = World::start().await;
    let id = world.api.create(&json!({"content": [], "model_id": model_id("rehearsal", model)})).await;
    let mut follower = Follower::of(&world, id).await;
    let mut told = Vec::new();
    for (index, kind) in HOPELESS.into_iter().enumerate() {
        world.api.say(id, &format!("/fail {kind}")).await;
        let failed = |messages: usize| {
            move |view: &view::View| {
                let content = view.content();
                content.status == Some(Status::Error) && content.history.len() == messages
            }
        };
        follower.until(kind, failed(index + 1)).await;
        let truth = Truth::of(&world.api, id).await;
        truth.is_shown_by(&follower.view, kind);
        let error = json!(truth.chat.last_error);
        told.push(json!({kind: {"kind": error["kind"], "status_code": error["status_code"], "message": error["message"]}}));
    }
    world.api.say(id, "/say better").await;
    follower.until_rest(HOPELESS.len() + 2).await;
    let truth = Truth::of(&world.api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    assert_eq!((truth.chat.status, truth.chat.last_error), (Status::Waiting, None));
    told
}

#[tokio::test]
async fn anthropic_failures_are_told_in_words_for_people() {
    insta::assert_json_snapshot!(hopeless_failures("rehearsal-messages").await);
}

#[tokio::test]
async fn openai_responses_failures_are_told_in_words_for_people() {
    insta::assert_json_snapshot!(hopeless_failures("rehearsal-responses").await);
}

#[tokio::test]
async fn openai_chat_failures_are_told_in_words_for_people() {
    insta::assert_json_snapshot!(hopeless_failures("rehearsal-chat").await);
}

#[tokio::test]
async fn an_overloaded_provider_is_asked_again() {
    let world = World::start().await;
    let id = world.api.idle().await;
    let mut follower = Follower::of(&world, id).await;
    world.api.say(id, "/pace 1\n/say at last\n/fail overloaded times=1").await;
    follower.until("a retry", |view| view.content().retry.is_some()).await;
    let retry = json!(follower.view.content().retry);
    insta::assert_json_snapshot!(retry, {".retrying_at" => "<time>"});
    assert_eq!(follower.view.content().status, Some(Status::Running));
    follower.until_rest(2).await;
    let truth = Truth::of(&world.api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    assert_eq!(truth.history.values().map(said).next_back().unwrap(), "at last");
}

#[tokio::test]
async fn a_retry_that_waits_can_be_interrupted() {
    let world = World::start().await;
    let id = world.api.idle().await;
    let mut follower = Follower::of(&world, id).await;
    world.api.say(id, "/say never\n/fail rate_limit retry-after=600").await;
    follower.until("a retry", |view| view.content().retry.is_some()).await;
    let chat = world.api.act(&format!("/chats/{id}/interrupt")).await.json(200);
    assert_eq!(chat["status"], "waiting");
    follower.until_rest(1).await;
    Truth::of(&world.api, id).await.is_shown_by(&follower.view, "the follower");
    world.api.say(id, "/say now").await;
    follower.until_rest(3).await;
}

#[tokio::test]
async fn a_failed_turn_keeps_its_queue_until_somebody_speaks() {
    let world = World::start().await;
    let id = world.api.idle().await;
    let mut follower = Follower::of(&world, id).await;
    world.api.say(id, "/pace 15\n/text 100\n/error-event auth after=90").await;
    follower.until_streams().await;
    assert_eq!(world.api.say(id, "/say one").await["queued"], true);
    follower.until_status(Status::Error).await;
    let truth = Truth::of(&world.api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    assert_eq!((truth.queue.len(), truth.chat.queued_count), (1, 1));
    world.api.say(id, "/say two").await;
    follower.until_rest(5).await;
    let truth = Truth::of(&world.api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    let talk: Vec<String> = truth.history.values().map(said).collect();
    assert_eq!(talk[talk.len() - 4..], ["/say one", "one", "/say two", "two"]);
}

#[tokio::test]
async fn answers_that_end_oddly_end_the_turn() {
    let world = World::start().await;
    let id = world.api.idle().await;
    let mut follower = Follower::of(&world, id).await;
    let mut ended = Vec::new();
    for (index, text) in
        ["/say cut\n/stop length", "/say no\n/stop refusal", "/say hm\n/stop filter"].iter().enumerate()
    {
        world.api.say(id, text).await;
        let said = 1 + index;
        follower
            .until(text, |view| {
                let people = view.content().history.values().filter(|message| message.created_by.is_some());
                view.content().is_at_rest() && people.count() == said
            })
            .await;
        let truth = Truth::of(&world.api, id).await;
        truth.is_shown_by(&follower.view, text);
        let last = truth.history.values().next_back().unwrap();
        ended.push(json!({
            "text": text, "status": truth.chat.status, "error": truth.chat.last_error,
            "last": {"role": last.role, "content": last.content},
        }));
    }
    insta::assert_json_snapshot!(ended);
}
