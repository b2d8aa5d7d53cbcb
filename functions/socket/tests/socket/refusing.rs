//! What no action is.

use edge::request::Caller;
use kit::seed;
use serde_json::{Value, json};

use crate::world::{World, message};

#[tokio::test]
async fn what_is_no_action_is_refused_and_the_socket_stays_open() {
    let world = World::new().await;
    let said = [
        "",
        "  ",
        "hello",
        "null",
        "[]",
        r#"["ping"]"#,
        r#"[{"action":"ping"}]"#,
        "\"ping\"",
        "7",
        "{",
        r#"{"action":"ping"}{"action":"ping"}"#,
        "{}",
        r#"{"type":"ping"}"#,
        r#"{"action":null}"#,
        r#"{"action":5}"#,
        r#"{"action":["ping"]}"#,
        r#"{"action":"Ping"}"#,
        r#"{"action":"dance"}"#,
        r#"{"action":"dance","chat_id":"x"}"#,
        r#"{"action":"ping","colour":"red"}"#,
        r#"{"action":"watch","chat_id":"x"}"#,
        r#"{"action":"subscribe"}"#,
        r#"{"action":"subscribe","chat_id":null}"#,
        r#"{"action":"subscribe","chat_id":7}"#,
        r#"{"action":"subscribe","chat_id":"x"}"#,
        r#"{"action":"unsubscribe","chat_id":"x"}"#,
        r#"{"action":"inbox","filters":[]}"#,
        r#"{"action":"inbox","filters":{"read_status":"some"}}"#,
        r#"{"action":"inbox","filters":{"colour":"red"}}"#,
    ];
    insta::assert_json_snapshot!(told(&world, &said).await);
    assert_eq!(world.say(json!({ "action": "ping" })).await[0][0]["type"], "pong");
}

#[tokio::test]
async fn what_is_no_cursor_is_refused() {
    let world = World::new().await;
    let cursors = [
        "7",
        "[1,1,1,1]",
        r#""latest""#,
        "{}",
        r#"{"snapshot_version":1,"history_version":1,"generation_attempt":1}"#,
        r#"{"snapshot_version":-1,"history_version":1,"generation_attempt":1,"seq":0}"#,
        r#"{"snapshot_version":1.5,"history_version":1,"generation_attempt":1,"seq":0}"#,
        r#"{"snapshot_version":"1","history_version":1,"generation_attempt":1,"seq":0}"#,
        r#"{"snapshot_version":1,"history_version":1,"generation_attempt":4294967296,"seq":0}"#,
        r#"{"snapshot_version":1,"history_version":1,"generation_attempt":1,"seq":0,"more":1}"#,
    ];
    let chat_id = "01980000-0000-7000-8000-000000000001";
    let said =
        cursors.map(|cursor| format!(r#"{{"action":"subscribe","chat_id":"{chat_id}","cursor":{cursor}}}"#));
    insta::assert_json_snapshot!(told(&world, &said.each_ref().map(String::as_str)).await);
    assert!(!world.faults.calls().contains(&"snapshot"), "nothing is read for it");
}

#[tokio::test]
async fn a_cursor_from_the_future_is_put_right() {
    let world = World::at_rest().await;
    let cursor = json!({
        "snapshot_version": u64::MAX, "history_version": u64::MAX,
        "generation_attempt": u32::MAX, "seq": u64::MAX,
    });
    let told = world.say(json!({ "action": "subscribe", "chat_id": world.chat_id, "cursor": cursor })).await;
    assert_eq!(told[0][0]["cursor"], json!(world.cursor()));
}

#[tokio::test]
async fn bytes_are_refused() {
    let world = World::new().await;
    let mut event = message(Caller::Known(seed::person()), "eyJhY3Rpb24iOiJwaW5nIn0=");
    event["isBase64Encoded"] = true.into();
    world.send(event).await;
    let refused = json!([[{
        "type": "refused", "action": null, "code": "invalid_request",
        "message": "a message must be text, not bytes",
    }]]);
    assert_eq!(json!(world.heard()), refused);
}

#[tokio::test]
async fn deep_json_is_refused() {
    let world = World::new().await;
    for depth in [65, 1_000, 100_000] {
        let deep = format!(r#"{{"action":"ping","id":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        let told = world.say_as(Caller::Known(seed::person()), &deep).await;
        assert_eq!(told[0][0]["message"], "the body is nested more than 64 levels deep");
    }
}

#[tokio::test]
async fn long_words_are_not_repeated() {
    let world = World::new().await;
    let long = "x".repeat(30_000);
    for said in [json!({ "action": long }), json!({ "action": "subscribe", "chat_id": long })] {
        let told = json!(world.say(said).await);
        assert!(told.to_string().len() < 600, "{told}");
    }
}

#[tokio::test]
async fn nobody_acts_on_the_socket_of_a_stranger() {
    let world = World::new().await;
    for (caller, code) in [(Caller::Stranger, "unauthorized"), (Caller::Unclear, "unavailable")] {
        let said = json!({ "action": "subscribe", "chat_id": world.chat_id }).to_string();
        let told = world.say_as(caller, &said).await;
        assert_eq!(told[0][0]["code"], code);
        assert!(world.listeners().await.is_empty());
    }
}

async fn told(world: &World, said: &[&str]) -> Vec<Value> {
    let mut told = Vec::new();
    for said in said {
        let answers = world.say_as(Caller::Known(seed::person()), said).await;
        assert_eq!(answers.len(), 1, "{said}");
        told.push(json!([said, answers[0][0]]));
    }
    told
}
