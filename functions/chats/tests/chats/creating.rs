use chat::port::{Clock as _, KeepTickets as _, ReadChats as _};
use serde_json::json;
use uuid::Uuid;

use super::world::{Ask, World, body, chat_id};

const CREATE: &str = "POST /v1/chats";

#[tokio::test]
async fn a_chat_with_a_message_runs() {
    let world = World::new().await;
    let content = json!([{ "type": "text", "text": "\n What is the time?\nI forgot." }]);
    insta::assert_json_snapshot!(world.ask(CREATE, body(json!({ "content": content }))).await);
    assert_eq!(world.wakes.waiting().len(), 1);
    assert_eq!(world.watched(), ["chat_created"]);
}

#[tokio::test]
async fn a_chat_without_a_message_rests() {
    let world = World::new().await;
    for asked in [json!({}), json!({ "content": [] }), json!({ "content": null })] {
        let reply = world.ask(CREATE, body(asked)).await;
        assert_eq!((&reply["statusCode"], &reply["body"]["status"]), (&json!(201), &json!("waiting")));
    }
    assert!(world.wakes.waiting().is_empty());
}

#[tokio::test]
async fn everything_asked_for_is_kept() {
    let world = World::new().await;
    let asked = json!({
        "title": "  A title  ",
        "model_id": Uuid::from_u128(0x1c),
        "reasoning_effort": "low",
        "system_prompt": "Be brief.",
        "labels": { "team/a.b": "x y" },
        "client_tools": [{ "name": "look", "input_schema": { "type": "object" } }],
        "workspace_id": Uuid::from_u128(0x2c),
        "plan_mode": true,
        "mcp_server_ids": [Uuid::from_u128(0x3c)],
    });
    let reply = world.ask(CREATE, body(asked)).await;
    insta::assert_json_snapshot!(reply["body"]);
    let spec = world.memory.spec(chat_id(reply["body"]["id"].as_str().unwrap())).await.unwrap();
    insta::assert_json_snapshot!("spec", spec);
}

#[tokio::test]
async fn a_replay_is_answered_again_though_its_model_is_gone() {
    let world = World::new().await;
    let model_id = world.offer().await;
    let ask = Ask { key: Some("k1"), ..body(json!({ "model_id": model_id })) };
    let first = world.ask(CREATE, ask.clone()).await;
    assert_eq!(first["statusCode"], 201);
    world.withdraw(model_id).await;
    assert_eq!(world.ask(CREATE, ask).await["body"], first["body"]);
    let anew = Ask { key: Some("k2"), ..body(json!({ "model_id": model_id })) };
    assert_eq!(world.told(CREATE, anew).await, "400 invalid_request");
}

#[tokio::test]
async fn a_key_makes_one_chat() {
    let world = World::new().await;
    let ask = Ask { key: Some("k1"), ..body(json!({ "title": "once" })) };
    let (first, again) = (world.ask(CREATE, ask.clone()).await, world.ask(CREATE, ask).await);
    assert_eq!(first["body"], again["body"]);
    assert_eq!(again["headers"]["idempotent-replay"], "true");
    assert_eq!((world.memory.len(), world.watched().len()), (1, 1));
    let other = Ask { key: Some("k1"), ..body(json!({ "title": "twice" })) };
    assert_eq!(world.told(CREATE, other).await, "409 idempotency_mismatch");
    let stranger =
        Ask { key: Some("k1"), user: Some(Uuid::from_u128(9)), ..body(json!({ "title": "once" })) };
    assert_eq!(world.told(CREATE, stranger).await, "201 done", "a key is its person's");
}

#[tokio::test]
async fn a_retry_makes_up_for_a_wake_that_was_never_sent() {
    let world = World::new().await;
    let said = json!({ "content": [{ "type": "text", "text": "hello" }] });
    let ask = Ask { key: Some("k1"), ..body(said) };
    let made = world.ask(CREATE, ask.clone()).await;
    world.wakes.lose();
    world.ask(CREATE, ask.clone()).await;
    assert_eq!(world.wakes.waiting().len(), 1);

    world.wakes.lose();
    world.answer(made["body"]["id"].as_str().unwrap(), kit::seed::answered("hello yourself")).await;
    world.ask(CREATE, ask).await;
    assert!(world.wakes.waiting().is_empty(), "a step is at work");
}

#[tokio::test]
async fn bad_fields_are_named() {
    let world = World::new().await;
    let tool = |name: &str| json!({ "name": name, "input_schema": {} });
    let labels: std::collections::BTreeMap<_, _> = (0..51).map(|i| (format!("l{i}"), "x")).collect();
    let bodies = [
        json!({ "title": " " }),
        json!({ "title": "x".repeat(201) }),
        json!({ "system_prompt": "ü".repeat(5_001) }),
        json!({ "model_id": Uuid::from_u128(0xff) }),
        json!({ "labels": labels }),
        json!({ "labels": { "": "x" } }),
        json!({ "labels": { "-a": "x" } }),
        json!({ "labels": { "a b": "x" } }),
        json!({ "labels": { "a": "" } }),
        json!({ "labels": { "a": "x".repeat(257) } }),
        json!({ "client_tools": vec![tool("a"); 251] }),
        json!({ "client_tools": [tool("a"), tool("a")] }),
        json!({ "client_tools": [tool(" ")] }),
        json!({ "client_tools": [{ "name": "a", "input_schema": "x" }] }),
        json!({ "client_tools": [{ "name": "a" }] }),
        json!({ "mcp_server_ids": [Uuid::from_u128(0x3c), Uuid::from_u128(0x4c)] }),
        json!({ "plan_mode": "yes" }),
        json!({ "mode": "explore" }),
    ];
    let mut told = Vec::new();
    for asked in bodies {
        let reply = world.ask(CREATE, body(asked)).await;
        assert_eq!(reply["statusCode"], 400);
        told.push(reply["body"]["fields"][0].clone());
    }
    insta::assert_json_snapshot!(told);
    assert!(world.memory.is_empty());
}

#[tokio::test]
async fn a_ticket_is_good_for_a_minute() {
    let world = World::new().await;
    let reply = world.ask("POST /v1/socket-tickets", Ask::default()).await;
    assert_eq!(reply["statusCode"], 201);
    assert_eq!(reply["body"]["expires_at"], "2026-01-01T00:01:00.000Z");
    let hash = edge::Secret::new(reply["body"]["ticket"].as_str().unwrap()).hash();
    let used = world.memory.use_ticket(&hash, world.clock.now()).await.unwrap();
    assert_eq!(used, Some(kit::seed::person()));
}
