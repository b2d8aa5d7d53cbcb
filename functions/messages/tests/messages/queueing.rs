use serde_json::json;

use super::world::{Ask, World, saying};

const EDIT: &str = "PATCH /v1/chats/{chat}/queue/{id}";
const DELETE: &str = "DELETE /v1/chats/{chat}/queue/{id}";
const PROMOTE: &str = "POST /v1/chats/{chat}/queue/{id}/promote";

async fn queued() -> World {
    let world = World::new().await;
    for text in ["one", "two"] {
        world.ask("POST /v1/chats/{chat}/messages", saying(text)).await;
    }
    world.heard();
    world
}

#[tokio::test]
async fn a_queued_message_is_edited_in_its_place() {
    let world = queued().await;
    insta::assert_json_snapshot!(world.ask(EDIT, Ask { id: "1", ..saying("uno") }).await);
    assert_eq!(world.heard(), ["4 queue_update"]);
    let unchanged = world.ask(EDIT, Ask { id: "1", ..saying("uno") }).await;
    assert_eq!(unchanged["body"]["content"][0]["text"], "uno");
}

#[tokio::test]
async fn a_queued_message_is_deleted_once() {
    let world = queued().await;
    let reply = world.ask(DELETE, Ask { id: "1", ..Ask::default() }).await;
    assert_eq!((&reply["statusCode"], &reply["body"]), (&json!(204), &json!(null)));
    assert!(reply["headers"].get("content-type").is_none());
    assert_eq!(world.told(DELETE, Ask { id: "1", ..Ask::default() }).await, "404 not_found");
}

#[tokio::test]
async fn what_is_not_queued_is_not_there() {
    let world = World::at_rest().await;
    for (route, ask) in [(EDIT, saying("x")), (DELETE, Ask::default()), (PROMOTE, Ask::default())] {
        assert_eq!(world.told(route, Ask { id: "7", ..ask }).await, "404 not_found", "{route}");
    }
}

#[tokio::test]
async fn a_promoted_message_runs_at_once_where_nobody_works() {
    let world = queued().await;
    let reply = world.ask(PROMOTE, Ask { id: "2", ..Ask::default() }).await;
    assert_eq!(reply["body"]["queued"], false);
    assert_eq!(reply["body"]["message"]["content"][0]["text"], "two");
}

#[tokio::test]
async fn a_promoted_message_is_next_after_the_interruption() {
    let world = queued().await;
    world.step(|world| vec![world.attempt()]).await;
    let reply = world.ask(PROMOTE, Ask { id: "2", ..Ask::default() }).await;
    assert_eq!(reply["body"], json!({ "queued": true }));
    assert_eq!(world.snapshot().queue[0].id.0, 2);
}
