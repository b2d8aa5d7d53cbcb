use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{Ask, World, of};

const ROUTES: [(&str, &str); 7] = [
    ("GET /v1/chats/{chat}", ""),
    ("PATCH /v1/chats/{chat}", r#"{"title":"x"}"#),
    ("DELETE /v1/chats/{chat}", ""),
    ("PUT /v1/chats/{chat}/context", ""),
    ("POST /v1/chats/{chat}/reconcile", ""),
    ("POST /v1/chats/{chat}/fork", r#"{"message_id":1}"#),
    ("POST /v1/chats/{chat}/read", r#"{"message_id":1}"#),
];

fn ask(chat: &str, body: &str) -> Ask {
    Ask { body: Some(body).filter(|body| !body.is_empty()).map(Value::from), ..of(chat) }
}

#[tokio::test]
async fn what_is_not_his_or_not_there_is_not_found() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    for (route, body) in ROUTES {
        let stranger = Ask { user: Some(Uuid::from_u128(0xbad)), ..ask(&id, body) };
        let asks = [stranger, ask(&Uuid::from_u128(1).to_string(), body), ask("no-id", body)];
        for ask in asks {
            assert_eq!(world.told(route, ask).await, "404 not_found", "{route}");
        }
    }
}

#[tokio::test]
async fn strangers_are_told_so_before_anything_else() {
    let world = World::new().await;
    let mut asked =
        vec![("GET /v1/chats", ""), ("POST /v1/chats", "not JSON"), ("POST /v1/socket-tickets", "")];
    asked.extend(ROUTES);
    for (route, body) in asked {
        let ask = Ask { user: Some(Uuid::nil()), ..ask("no-id", body) };
        assert_eq!(world.told(route, ask).await, "401 unauthorized", "{route}");
    }
    assert_eq!(
        world.told("GET /v1/health", Ask { user: Some(Uuid::nil()), ..Ask::default() }).await,
        "200 done"
    );
}

#[tokio::test]
async fn an_outage_is_503() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    world.break_store();
    let mut asked = vec![("GET /v1/chats", ""), ("POST /v1/chats", "{}"), ("POST /v1/socket-tickets", "")];
    asked.extend(ROUTES);
    for (route, body) in asked {
        let reply = world.ask(route, ask(&id, body)).await;
        assert_eq!(reply["body"]["code"], "unavailable", "{route}");
        assert_eq!(reply["headers"]["retry-after"], "1", "{route}");
    }
    assert_eq!(world.ask("GET /v1/health", Ask::default()).await["body"], json!({ "status": "ok" }));
}
