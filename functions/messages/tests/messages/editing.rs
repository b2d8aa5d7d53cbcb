use serde_json::json;

use super::world::{Ask, World, saying};

const EDIT: &str = "PATCH /v1/chats/{chat}/messages/{id}";

#[tokio::test]
async fn an_edit_takes_the_message_and_all_after_it_away() {
    let world = World::at_rest().await;
    insta::assert_json_snapshot!(world.ask(EDIT, Ask { id: "1", ..saying("hello again") }).await);
    assert_eq!(world.wakes.waiting().len(), 1);
    assert_eq!(world.heard(), ["5 history_reset …", "5 message …", "5 chat …", "5 status running"]);
}

#[tokio::test]
async fn only_what_a_person_said_can_be_edited() {
    let world = World::at_rest().await;
    assert_eq!(world.told(EDIT, Ask { id: "2", ..saying("x") }).await, "400 invalid_request");
    for id in ["0", "3", "99", "one", "-1"] {
        assert_eq!(world.told(EDIT, Ask { id, ..saying("x") }).await, "404 not_found", "{id}");
    }
}

#[tokio::test]
async fn an_edit_empties_the_queue_and_drops_the_calls() {
    let world = World::asking().await;
    world.ask("POST /v1/chats/{chat}/messages", saying("waiting")).await;
    let reply = world.ask(EDIT, Ask { id: "1", ..saying("hello again") }).await;
    assert_eq!(reply["body"]["deleted_message_ids"], json!([1, 2]));
    let snapshot = world.snapshot();
    assert!(snapshot.queue.is_empty() && snapshot.ledger.is_empty() && snapshot.chat.calls.is_empty());
}
