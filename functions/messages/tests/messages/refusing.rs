use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{Ask, World, saying};

const SEND: &str = "POST /v1/chats/{chat}/messages";

const ROUTES: [(&str, &str); 9] = [
    ("GET /v1/chats/{chat}/messages", ""),
    (SEND, r#"{"content":[{"type":"text","text":"x"}]}"#),
    ("PATCH /v1/chats/{chat}/messages/{id}", r#"{"content":[{"type":"text","text":"x"}]}"#),
    ("PATCH /v1/chats/{chat}/queue/{id}", r#"{"content":[{"type":"text","text":"x"}]}"#),
    ("DELETE /v1/chats/{chat}/queue/{id}", ""),
    ("POST /v1/chats/{chat}/queue/{id}/promote", ""),
    ("POST /v1/chats/{chat}/tool-results", r#"{"results":[{"tool_call_id":"c","output":1}]}"#),
    ("POST /v1/chats/{chat}/interrupt", ""),
    ("POST /v1/chats/{chat}/clear", "{}"),
];

fn ask(body: &str) -> Ask {
    let body = Some(body).filter(|body| !body.is_empty()).map(Value::from);
    Ask { id: "1", body, ..Ask::default() }
}

#[tokio::test]
async fn another_persons_chat_is_not_there() {
    let world = World::at_rest().await;
    for (route, body) in ROUTES {
        let ask = Ask { user: Some(Uuid::from_u128(0xbad)), ..ask(body) };
        assert_eq!(world.told(route, ask).await, "404 not_found", "{route}");
    }
    assert!(world.heard().is_empty() && world.wakes.waiting().is_empty());
}

#[tokio::test]
async fn a_chat_that_is_not_there_is_not_there() {
    let mut world = World::at_rest().await;
    world.chat_id = chat::id::ChatId(Uuid::nil());
    for (route, body) in ROUTES {
        assert_eq!(world.told(route, ask(body)).await, "404 not_found", "{route}");
    }
}

#[tokio::test]
async fn an_outage_is_503_and_says_when_to_come_back() {
    let world = World::at_rest().await;
    world.break_store();
    for (route, body) in ROUTES {
        let reply = world.ask(route, ask(body)).await;
        assert_eq!(
            (&reply["statusCode"], &reply["headers"]["retry-after"]),
            (&json!(503), &json!("1")),
            "{route}"
        );
        assert!(!reply["body"].to_string().contains("on purpose"), "causes are for the log");
    }
}

#[tokio::test]
async fn an_archived_chat_takes_nothing_new() {
    let world = World::at_rest().await;
    world.step(|_| vec![chat::transition::Transition::SetArchived { archived: true }]).await;
    assert_eq!(world.told(SEND, saying("x")).await, "409 chat_archived");
    assert_eq!(world.told("POST /v1/chats/{chat}/interrupt", Ask::default()).await, "409 chat_archived");
}

#[tokio::test]
async fn bad_bodies_are_refused_before_anything_is_read() {
    let world = World::at_rest().await;
    world.break_store();
    let bodies = [
        "",
        "[]",
        "{}",
        r#"{"content":[]}"#,
        r#"{"content":"hello"}"#,
        r#"{"content":[{"type":"text","text":"  "}]}"#,
        r#"{"content":[{"type":"tool_call","tool_call_id":"x"}]}"#,
        r#"{"content":[{"type":"text","text":"x"}],"when_busy":"later"}"#,
        r#"{"content":[{"type":"text","text":"x"}],"model_id":"00000000-0000-0000-0000-0000000000ff"}"#,
        r#"{"content":[{"type":"text","text":"x"}],"model_id":"claude"}"#,
        r#"{"content":[{"type":"text","text":"x"}],"reasoning_effort":"extreme"}"#,
        r#"{"content":[{"type":"text","text":"x"}],"colour":"red"}"#,
    ];
    let mut told = Vec::new();
    for body in bodies {
        let reply = world.ask(SEND, ask(body)).await;
        told.push(json!([body, reply["statusCode"], reply["body"]]));
    }
    insta::assert_json_snapshot!(told);
}

#[tokio::test]
async fn bad_keys_are_refused() {
    let world = World::at_rest().await;
    let long = "k".repeat(129);
    for key in ["", "ü", long.leak()] {
        let ask = Ask { key: Some(key), ..saying("x") };
        assert_eq!(world.told(SEND, ask).await, "400 invalid_request");
    }
}
