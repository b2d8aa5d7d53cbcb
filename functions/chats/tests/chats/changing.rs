use chat::{id::MessageId, transition::Transition};
use serde_json::{Value, json};

use super::world::{Ask, World, chat_id, of};

const CHANGE: &str = "PATCH /v1/chats/{chat}";
const DELETE: &str = "DELETE /v1/chats/{chat}";
const MARK: &str = "POST /v1/chats/{chat}/read";

fn with(chat: &str, body: Value) -> Ask {
    Ask { body: Some(body), ..of(chat) }
}

#[tokio::test]
async fn several_fields_change_in_one_write() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    let asked = json!({
        "title": "Greetings", "labels": { "a": "b" }, "pin_order": 2, "plan_mode": true,
        "workspace_id": "00000000-0000-0000-0000-00000000002c",
    });
    insta::assert_json_snapshot!(world.ask(CHANGE, with(&id, asked)).await["body"]);
    assert_eq!(world.watched(), ["chat_updated"]);
    let unbound = world.ask(CHANGE, with(&id, json!({ "workspace_id": null }))).await;
    assert_eq!(unbound["body"].get("workspace_id"), None);
    assert_eq!(unbound["body"]["title"], "Greetings");
}

#[tokio::test]
async fn nothing_asked_for_changes_nothing() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    for asked in [json!({}), json!({ "archived": false })] {
        assert_eq!(world.told(CHANGE, with(&id, asked)).await, "200 done");
    }
    assert!(world.watched().is_empty() && !world.calls().contains(&"commit"));
}

#[tokio::test]
async fn archiving_unpins_and_comes_back() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    world.ask(CHANGE, with(&id, json!({ "pin_order": 1 }))).await;
    let put_away = world.ask(CHANGE, with(&id, json!({ "archived": true, "title": "Old" }))).await;
    assert_eq!(put_away["body"]["pin_order"], 0);
    assert_eq!((&put_away["body"]["archived"], &put_away["body"]["title"]), (&json!(true), &json!("Old")));
    assert_eq!(world.told(CHANGE, with(&id, json!({ "pin_order": 1 }))).await, "400 invalid_request");
    let back = world.ask(CHANGE, with(&id, json!({ "archived": false, "pin_order": 3 }))).await;
    assert_eq!((&back["body"]["archived"], &back["body"]["pin_order"]), (&json!(false), &json!(3)));
}

#[tokio::test]
async fn a_busy_chat_cannot_be_archived() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    world.step(&id, vec![kit::seed::send("and now?", kit::clock::EPOCH)]).await;
    let asked = json!({ "archived": true, "title": "Old" });
    assert_eq!(world.told(CHANGE, with(&id, asked)).await, "409 chat_busy");
    assert_eq!(world.snapshot(&id).chat.title, "hello", "all or nothing");
    assert_eq!(world.told(CHANGE, with(&id, json!({ "title": "New" }))).await, "200 done");
}

#[tokio::test]
async fn a_chat_is_deleted_though_the_tables_answer_is_lost() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    world.step(&id, vec![Transition::SetArchived { archived: true }]).await;
    world.lose_answers_of_commits();
    assert_eq!(world.told(DELETE, of(&id)).await, "204 done");
    assert_eq!(world.watched(), ["chat_deleted"]);
}

#[tokio::test]
async fn only_archived_chats_are_deleted_and_then_gone() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    assert_eq!(world.told(DELETE, of(&id)).await, "409 not_archived");
    world.step(&id, vec![Transition::SetArchived { archived: true }]).await;
    assert_eq!(world.told(DELETE, of(&id)).await, "204 done");
    assert_eq!(world.watched(), ["chat_deleted"]);
    for route in [DELETE, "GET /v1/chats/{chat}", MARK, CHANGE] {
        assert_eq!(world.told(route, with(&id, json!({ "message_id": 1 }))).await, refused(route), "{route}");
    }
}

fn refused(route: &str) -> &'static str {
    if route == CHANGE { "400 invalid_request" } else { "404 not_found" }
}

#[tokio::test]
async fn the_read_marker_moves_forward_only() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    assert_eq!(world.ask("GET /v1/chats/{chat}", of(&id)).await["body"]["has_unread"], true);
    for (message_id, expect) in [(2, "204 done"), (1, "204 done"), (3, "404 not_found"), (0, "404 not_found")]
    {
        assert_eq!(world.told(MARK, with(&id, json!({ "message_id": message_id }))).await, expect);
    }
    assert_eq!(world.snapshot(&id).chat.read_through, MessageId(2));
    assert_eq!(world.ask("GET /v1/chats/{chat}", of(&id)).await["body"]["has_unread"], false);
}

#[tokio::test]
async fn of_two_windows_at_once_the_one_that_shows_more_wins() {
    for (first, second) in [(1, 2), (2, 1)] {
        let world = World::new().await;
        let id = world.chat("hello").await;
        let mark = |message_id: u64| world.told(MARK, with(&id, json!({ "message_id": message_id })));
        tokio::join!(mark(first), mark(second));
        assert_eq!(world.snapshot(&id).chat.read_through, MessageId(2));
    }
}

#[tokio::test]
async fn a_chat_in_order_needs_no_reconciling() {
    let world = World::new().await;
    let id = world.chat("hello").await;
    let told = world.told("POST /v1/chats/{chat}/reconcile", of(&id)).await;
    assert_eq!(told, "409 nothing_to_reconcile");
    assert!(world.memory.peek(chat_id(&id)).is_some());
}
