use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{KILL, LIST, Who, World};

fn code(reply: &Value) -> String {
    format!("{} {}", reply["statusCode"], reply["body"]["code"].as_str().unwrap_or("done"))
}

#[tokio::test]
async fn only_administrators_are_told_anything() {
    let world = World::new();
    let id = world.asked("hello").await.to_string();
    for (who, expect) in [(Who::Member, "403 forbidden"), (Who::Stranger, "401 unauthorized")] {
        for (route, chat) in [(LIST, ""), (KILL, id.as_str()), (KILL, "no-id")] {
            assert_eq!(code(&world.ask(who, route, chat, "", None).await), expect, "{route}");
        }
    }
    assert!(world.told().is_empty());
}

#[tokio::test]
async fn what_is_not_there_or_at_rest_is_not_killed() {
    let world = World::new();
    let rests = world.at_rest("hello").await.to_string();
    let unknown = Uuid::from_u128(1).to_string();
    let clear = Some(json!({ "clear_queue": true }));
    let cases = [
        (rests.as_str(), "409 not_running"),
        (unknown.as_str(), "404 not_found"),
        ("no-id", "404 not_found"),
    ];
    for (chat, expect) in cases {
        for body in [None, clear.clone()] {
            assert_eq!(code(&world.ask(Who::Admin, KILL, chat, "", body).await), expect, "{chat}");
        }
    }
}

#[tokio::test]
async fn bodies_that_make_no_sense_are_refused() {
    let world = World::new();
    let id = world.asked("hello").await.to_string();
    for body in [json!([]), json!({ "clear_queue": 1 }), json!({ "clear": true })] {
        let reply = world.ask(Who::Admin, KILL, &id, "", Some(body)).await;
        assert_eq!(code(&reply), "400 invalid_request");
    }
    assert!(world.told().is_empty());
}

#[tokio::test]
async fn an_outage_is_503() {
    let world = World::new();
    let id = world.asked("hello").await.to_string();
    world.break_store();
    for (route, chat) in [(LIST, ""), (KILL, id.as_str())] {
        assert_eq!(code(&world.ask(Who::Admin, route, chat, "", None).await), "503 unavailable");
    }
}
