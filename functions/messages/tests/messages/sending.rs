use serde_json::json;
use uuid::Uuid;

use super::world::{Ask, World, saying};

const SEND: &str = "POST /v1/chats/{chat}/messages";

fn when_busy(text: &str, when_busy: &str) -> Ask {
    let mut ask = saying(text);
    ask.body.as_mut().unwrap()["when_busy"] = when_busy.into();
    ask
}

#[tokio::test]
async fn a_message_at_rest_runs() {
    let world = World::at_rest().await;
    insta::assert_json_snapshot!(world.ask(SEND, saying("and now?")).await);
    assert_eq!(world.wakes.waiting().len(), 1);
    assert_eq!(world.heard(), ["5 message …", "5 status running"]);
}

#[tokio::test]
async fn a_message_to_a_busy_chat_waits() {
    let world = World::new().await;
    insta::assert_json_snapshot!(world.ask(SEND, saying("and now?")).await);
    assert!(world.wakes.waiting().is_empty());
    assert_eq!(world.heard(), ["2 queue_update"]);
}

#[tokio::test]
async fn a_busy_chat_may_be_left_alone() {
    let world = World::new().await;
    assert_eq!(world.told(SEND, when_busy("now", "reject")).await, "409 chat_busy");
    assert!(world.snapshot().queue.is_empty() && world.heard().is_empty());
}

#[tokio::test]
async fn an_interrupting_message_runs_at_once_where_nobody_works() {
    let world = World::asking().await;
    let reply = world.ask(SEND, when_busy("stop", "interrupt")).await;
    assert_eq!(reply["body"]["queued"], false);
    let ids: Vec<_> = world.memory.visible(world.chat_id).iter().map(|message| message.id.0).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5], "both calls are closed before the message");
    assert_eq!(reply["body"]["message"]["id"], 5);
}

#[tokio::test]
async fn an_interrupting_message_waits_for_the_step_to_stop() {
    let world = World::new().await;
    world.step(|world| vec![world.attempt()]).await;
    let reply = world.ask(SEND, when_busy("stop", "interrupt")).await;
    assert_eq!(reply["body"]["queued"], true);
    assert_eq!(world.heard(), ["3 queue_update …", "3 status interrupting"]);
}

#[tokio::test]
async fn a_key_sends_once() {
    let world = World::at_rest().await;
    let ask = Ask { key: Some("k1"), ..saying("and now?") };
    let first = world.ask(SEND, ask.clone()).await;
    let again = world.ask(SEND, ask).await;
    assert_eq!(again["body"], first["body"]);
    assert_eq!(again["headers"]["idempotent-replay"], "true");
    assert_eq!(world.memory.visible(world.chat_id).len(), 3);
    let other = Ask { key: Some("k1"), ..saying("something else") };
    assert_eq!(world.told(SEND, other).await, "409 idempotency_mismatch");
}

#[tokio::test]
async fn a_retry_makes_up_for_a_wake_that_was_never_sent() {
    let world = World::at_rest().await;
    let ask = Ask { key: Some("k1"), ..saying("and now?") };
    world.ask(SEND, ask.clone()).await;
    world.wakes.lose();
    world.ask(SEND, ask.clone()).await;
    assert_eq!(world.wakes.waiting().len(), 1);

    world.wakes.lose();
    world.step(|world| vec![world.attempt()]).await;
    world.ask(SEND, ask).await;
    assert!(world.wakes.waiting().is_empty(), "a step is at work");
}

#[tokio::test]
async fn a_key_tells_strangers_nothing() {
    let world = World::at_rest().await;
    let ask = Ask { key: Some("k1"), ..saying("and now?") };
    world.ask(SEND, ask.clone()).await;
    let stranger = Ask { user: Some(Uuid::from_u128(0xbad)), ..ask };
    assert_eq!(world.told(SEND, stranger).await, "404 not_found");
}

#[tokio::test]
async fn the_queue_holds_twenty() {
    let world = World::new().await;
    for _ in 0..20 {
        assert_eq!(world.told(SEND, saying("more")).await, "200 done");
    }
    let reply = world.ask(SEND, saying("more")).await;
    assert_eq!((&reply["statusCode"], &reply["body"]["code"]), (&json!(429), &json!("queue_full")));
    assert!(reply["headers"]["retry-after"].is_string());
}

#[tokio::test]
async fn settings_come_along_with_the_message() {
    let world = World::at_rest().await;
    let mut ask = saying("with another model");
    let body = ask.body.as_mut().unwrap();
    body["model_id"] = json!(Uuid::from_u128(0x1c));
    body["plan_mode"] = true.into();
    body["reasoning_effort"] = "high".into();
    body["mcp_server_ids"] = json!([Uuid::from_u128(0x2c)]);
    assert_eq!(world.told(SEND, ask.clone()).await, "400 invalid_request", "there is no such server");
    ask.body.as_mut().unwrap()["mcp_server_ids"] = json!([Uuid::from_u128(0x3c)]);
    assert_eq!(world.told(SEND, ask).await, "200 done");
    let chat = world.snapshot().chat;
    assert_eq!(chat.model_id.0, Uuid::from_u128(0x1c));
    assert!(chat.plan_mode && chat.reasoning_effort == Some(chat::model::Effort::High));
    assert_eq!(world.heard().last().map(String::as_str), Some("6 status running"));
}

#[tokio::test]
async fn an_error_with_a_queue_runs_the_oldest_first() {
    let world = World::new().await;
    world.ask(SEND, saying("first in line")).await;
    world.step(|world| vec![world.attempt()]).await;
    world.step(|world| vec![failed(world)]).await;
    let reply = world.ask(SEND, saying("second in line")).await;
    assert_eq!(reply["body"]["queued"], true);
    assert_eq!(world.memory.visible(world.chat_id).len(), 2);
    assert_eq!(world.snapshot().queue[0].id.0, 2);
}

fn failed(world: &World) -> chat::transition::Transition {
    let failure = chat::failure::Failure {
        message: "no".into(),
        detail: None,
        kind: chat::failure::Kind::Auth,
        provider: None,
        status_code: None,
        retryable: false,
    };
    chat::transition::Transition::FinishError { fence: world.fence(), failure }
}
