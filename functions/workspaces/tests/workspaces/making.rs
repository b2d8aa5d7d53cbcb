//! Workspaces come to be, and are found.

use chat::limit::WORKSPACES;
use serde_json::{Value, json};

use crate::world::{Who, World, told};

const MAKE: &str = "POST /v1/workspaces";

#[tokio::test]
async fn a_workspace_is_made_and_its_machine_asked_for() {
    let world = World::new();
    let body = json!({"template_id": "clone", "name": " Mine ", "parameters": {"repo": "r"}});
    let made = world.ask(MAKE, "", body).await;
    insta::assert_json_snapshot!(made, { ".body.id" => "[id]" });
    let id = made["body"]["id"].as_str().unwrap();
    assert_eq!(world.wakes.take_machines(), [id.parse().unwrap()]);
    assert_eq!(world.ask("GET /v1/workspaces/{workspace}", id, Value::Null).await["body"], made["body"]);
}

#[tokio::test]
async fn the_same_key_makes_one_workspace() {
    let world = World::new();
    let body = || json!({"template_id": "small"});
    let first = world.ask_as(Who::Ann, Some("k"), (MAKE, ""), body()).await;
    let again = world.ask_as(Who::Ann, Some("k"), (MAKE, ""), body()).await;
    assert_eq!(again["body"], first["body"]);
    assert_eq!(again["headers"]["idempotent-replay"], "true");
    assert_eq!(world.wakes.take_machines().len(), 2, "the first may have ended before it asked");
    let other =
        world.ask_as(Who::Ann, Some("k"), (MAKE, ""), json!({"template_id": "small", "name": "x"})).await;
    assert_eq!(told(&other), "409 idempotency_mismatch");
    let bobs = world.ask_as(Who::Bob, Some("k"), (MAKE, ""), body()).await;
    assert_ne!(bobs["body"]["id"], first["body"]["id"]);
}

#[tokio::test]
async fn pages_hold_ones_own_and_nobody_elses() {
    let world = World::new();
    for _ in 0..3 {
        world.made().await;
        world.clock.advance_ms(1_000);
    }
    world.ask_as(Who::Bob, None, (MAKE, ""), json!({"template_id": "small"})).await;
    let first = world.ask("GET /v1/workspaces", "?limit=2", Value::Null).await;
    let cursor = first["body"]["next_cursor"].as_str().unwrap();
    let second = world.ask("GET /v1/workspaces", &format!("?limit=2&cursor={cursor}"), Value::Null).await;
    let count = |page: &Value| page["body"]["workspaces"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&second)), (2, 1));
    assert!(second["body"].get("next_cursor").is_none());
    let bobs = (("GET /v1/workspaces"), format!("?cursor={cursor}"));
    assert_eq!(
        told(&world.ask_as(Who::Bob, None, (bobs.0, &bobs.1), Value::Null).await),
        "400 invalid_request"
    );
}

#[tokio::test]
async fn nobody_has_more_than_fifty() {
    let world = World::new();
    let mut last = String::new();
    for _ in 0..WORKSPACES {
        last = world.made().await;
    }
    assert_eq!(world.told(MAKE, "", json!({"template_id": "small"})).await, "422 too_many_workspaces");
    assert_eq!(world.told("POST /v1/workspaces/enroll", "", Value::Null).await, "422 too_many_workspaces");
    world.ask("DELETE /v1/workspaces/{workspace}", &last, Value::Null).await;
    assert_eq!(world.told(MAKE, "", json!({"template_id": "small"})).await, "201 done");
}

#[tokio::test]
async fn templates_are_found_by_words_and_page() {
    let world = World::new();
    insta::assert_json_snapshot!(world.ask("GET /v1/templates", "", Value::Null).await["body"]);
    let little = world.ask("GET /v1/templates", "?query=LITTLE", Value::Null).await;
    assert_eq!(little["body"]["templates"][0]["id"], "small");
    let beyond = world.ask("GET /v1/templates", "?page=2", Value::Null).await;
    assert_eq!(beyond["body"]["templates"], json!([]));
}
