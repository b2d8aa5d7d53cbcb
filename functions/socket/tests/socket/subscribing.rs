//! `subscribe` and `unsubscribe`, when all goes well or is not allowed.

use chat::{
    id::ConnectionId,
    limit::LISTENERS,
    message::NewMessage,
    port::{Clock as _, KeepListeners as _},
    transition::Transition,
};
use kit::seed;
use serde_json::json;

use crate::world::{World, socket, somebody_else, types};

#[tokio::test]
async fn a_fresh_client_is_told_everything() {
    let world = World::at_rest().await;
    insta::assert_json_snapshot!(world.subscribe().await);
    assert_eq!(world.listeners().await, [socket()]);
}

#[tokio::test]
async fn what_streams_is_shown_from_its_first_part() {
    let world = World::streaming().await;
    let told = world.subscribe().await;
    assert_eq!(types(&told)[4..], ["preview_reset", "message_part", "message_part", "caught_up"]);
    insta::assert_json_snapshot!(told[0].as_array().unwrap()[4..]);
}

#[tokio::test]
async fn a_client_that_knows_all_is_told_so() {
    let world = World::streaming().await;
    let cursor = chat::cursor::Cursor { seq: 2, ..world.cursor() };
    let told = world.say(json!({ "action": "subscribe", "chat_id": world.chat_id, "cursor": cursor })).await;
    let caught_up = json!([[{
        "type": "caught_up", "chat_id": world.chat_id, "cursor": cursor, "catch_up": true,
        "snapshot_version": cursor.snapshot_version,
    }]]);
    assert_eq!(json!(told), caught_up);
}

#[tokio::test]
async fn a_client_is_told_what_came_after_its_cursor() {
    let world = World::at_rest().await;
    let cursor = world.cursor();
    world.step(vec![seed::send("and now?", world.clock.now())]).await;
    let told = world.say(json!({ "action": "subscribe", "chat_id": world.chat_id, "cursor": cursor })).await;
    assert_eq!(types(&told), ["message", "queue_update", "chat", "status", "preview_reset", "caught_up"]);
    assert_eq!(told[0][0]["message"]["content"][0]["text"], "and now?");
}

#[tokio::test]
async fn a_client_that_knows_cut_messages_is_told_to_forget_them() {
    let world = World::at_rest().await;
    let cursor = world.cursor();
    let message = NewMessage { created_by: Some(seed::person().user_id), ..seed::said("hello again") };
    let edit = Transition::Edit { message_id: chat::id::MessageId(1), message };
    world.step(vec![edit]).await;
    let told = world.say(json!({ "action": "subscribe", "chat_id": world.chat_id, "cursor": cursor })).await;
    assert_eq!(types(&told)[..2], ["history_reset", "message"]);
    assert_eq!(told[0][0]["from_message_id"], 1);
}

#[tokio::test]
async fn subscribing_again_changes_nothing() {
    let world = World::at_rest().await;
    let first = world.subscribe().await;
    assert_eq!(world.subscribe().await, first);
    assert_eq!(world.listeners().await, [socket()]);
}

#[tokio::test]
async fn frames_stay_small_whatever_the_history() {
    let told = World::after(5, 20_000).await.subscribe().await;
    assert_eq!(told.len(), 5);
    assert!(told.iter().all(|frame| frame.to_string().len() <= chat::limit::FRAME_BYTES));
}

#[tokio::test]
async fn a_long_history_comes_in_order_and_once() {
    let told = World::after(60, 10).await.subscribe().await;
    let events = told.iter().flat_map(|frame| frame.as_array().unwrap());
    let ids: Vec<_> = events.filter_map(|event| event["message"]["id"].as_u64()).collect();
    assert_eq!(ids, (1..=122).collect::<Vec<_>>());
    assert_eq!(types(&told).last().unwrap(), "caught_up");
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_ones_own_look_the_same() {
    let world = World::at_rest().await;
    let said = json!({ "action": "subscribe", "chat_id": world.chat_id });
    let foreign = world.say_as(somebody_else(), &said.to_string()).await;
    let nowhere = "00000000-0000-7000-8000-000000000000";
    let unknown = world.say(json!({ "action": "subscribe", "chat_id": nowhere })).await;
    let refused = |chat_id| {
        json!([[{
            "type": "refused", "action": "subscribe", "code": "not_found",
            "message": "there is no such chat", "chat_id": chat_id,
        }]])
    };
    assert_eq!(json!(foreign), refused(json!(world.chat_id)));
    assert_eq!(json!(unknown), refused(json!(nowhere)));
    assert!(world.listeners().await.is_empty());
}

#[tokio::test]
async fn a_chat_tells_a_bounded_number_of_sockets_and_the_oldest_make_room() {
    let world = World::at_rest().await;
    let until = world.clock.now().plus_ms(60_000);
    let oldest = ConnectionId::from("oldest");
    world.memory.listen(world.chat_id, &oldest, until).await.unwrap();
    for n in 1..LISTENERS {
        let name = ConnectionId(format!("socket-{n}"));
        world.memory.listen(world.chat_id, &name, until.plus_ms(1_000)).await.unwrap();
    }
    for _ in 0..2 {
        assert_eq!(types(&world.subscribe().await).last().unwrap(), "caught_up");
        let listeners = world.listeners().await;
        assert_eq!(listeners.len(), LISTENERS);
        assert!(listeners.contains(&socket()) && !listeners.contains(&oldest));
    }
}

#[tokio::test]
async fn unsubscribing_ends_it_and_may_be_repeated() {
    let world = World::at_rest().await;
    world.subscribe().await;
    for _ in 0..2 {
        let told = world.say(json!({ "action": "unsubscribe", "chat_id": world.chat_id })).await;
        assert_eq!(json!(told), json!([[{ "type": "unsubscribed", "chat_id": world.chat_id }]]));
        assert!(world.listeners().await.is_empty());
    }
}
