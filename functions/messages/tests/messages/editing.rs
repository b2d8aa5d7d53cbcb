use chat::{id::ModelId, transition::Transition};
use serde_json::json;
use uuid::Uuid;

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

#[tokio::test]
async fn what_only_the_model_was_told_is_not_among_what_was_deleted() {
    let world = World::at_rest().await;
    // 3 is said; 4 and 7 are only the model's, 5 and 6 show the summary; 8 answers.
    world.compacted().await;
    world.step(|world| world.answering()).await;
    let reply = world.ask(EDIT, Ask { id: "1", ..saying("hello again") }).await;
    assert_eq!(reply["body"]["deleted_message_ids"], json!([1, 2, 3, 5, 6, 8]));
}

#[tokio::test]
async fn only_what_is_behind_the_edit_was_deleted() {
    let world = World::at_rest().await;
    world.compacted().await;
    world.step(|world| world.answering()).await;
    world.step(|world| vec![Transition::FinishTurn { fence: world.fence() }]).await;
    world.step(|_| vec![kit::seed::send("more", kit::clock::EPOCH)]).await;
    let reply = world.ask(EDIT, Ask { id: "9", ..saying("less") }).await;
    assert_eq!(reply["body"]["deleted_message_ids"], json!([9]));
}

#[tokio::test]
async fn an_edit_is_answered_by_a_model_that_there_still_is() {
    let (own, other) = (kit::seed::MODEL, ModelId(Uuid::from_u128(0x2c)));
    let world = World::at_rest().await;
    world.offer(other).await;
    let mut ask = saying("with another model");
    ask.body.as_mut().unwrap()["model_id"] = json!(other);
    assert_eq!(world.told("POST /v1/chats/{chat}/messages", ask).await, "200 done");
    assert_eq!(world.told(EDIT, Ask { id: "3", ..saying("again") }).await, "200 done");
    assert_eq!(world.snapshot().chat.model_id, other, "the one that was asked first");
    world.withdraw(other).await;
    assert_eq!(world.told(EDIT, Ask { id: "4", ..saying("and again") }).await, "200 done");
    assert_eq!(world.snapshot().chat.model_id, own, "the default");
}
