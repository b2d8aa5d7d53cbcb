//! Others that write at the same time: transitions, leases, a second run.

use chat::{
    Draft,
    limit::LEASE_MS,
    port::{Clock as _, CommitChats as _, ReadChats as _},
    transition::{Describe, Transition},
};
use kit::seed;
use migrate::State;
use serde_json::json;

use super::{
    gate::{Call, Held},
    world::{HALF_OLD_CHAT, OLD_CHAT, World, small_pages},
};

fn writes_old_chat(call: &Call<'_>) -> bool {
    call.operation == "UpdateItem"
        && call.body.contains(r#""item":{"S":"chat"}"#)
        && call.body.contains(&OLD_CHAT.to_string())
}

#[tokio::test]
async fn a_transition_in_flight_wins_and_is_migrated_then() {
    let world = World::new();
    world.gate.close(Held::Before, writes_old_chat);
    let event = small_pages();
    let transition = async {
        world.gate.reached().await;
        let snapshot = world.chats.snapshot(OLD_CHAT).await.unwrap();
        let describe = Describe { title: Some("Renamed meanwhile".into()), ..Describe::default() };
        let change = seed::change(Draft::open(snapshot, world.clock.now()), [Transition::Describe(describe)]);
        world.chats.commit(&change, None).await.unwrap();
        world.gate.open();
        change.chat
    };
    let (answer, written) = tokio::join!(world.run(&event), transition);
    assert!(answer.done);
    let chat = world.chats.snapshot(OLD_CHAT).await.unwrap().unwrap().chat;
    assert_eq!(chat, written);
    let row = &world.table("chats")[&format!("{OLD_CHAT}/chat")];
    assert!(row.get("agent").is_none() && row["v"] == json!({ "N": "1" }), "{row}");
}

#[tokio::test]
async fn a_lease_that_is_renewed_meanwhile_stays_renewed() {
    let world = World::new();
    world.gate.close(Held::Before, writes_old_chat);
    let event = small_pages();
    let renewal = async {
        world.gate.reached().await;
        let key = json!({ "chat": { "S": OLD_CHAT.to_string() }, "item": { "S": "chat" } });
        let update = json!({
            "TableName": "chats", "Key": key, "UpdateExpression": "SET lu = :u",
            "ExpressionAttributeValues": { ":u": { "N": "77" } },
        });
        world.call("UpdateItem", &update);
        world.gate.open();
    };
    let (answer, ()) = tokio::join!(world.run(&event), renewal);
    assert!(answer.done);
    let row = &world.table("chats")[&format!("{OLD_CHAT}/chat")];
    assert_eq!((row["lu"]["N"].as_str(), row.get("agent")), (Some("77"), None));
}

#[tokio::test]
async fn what_is_erased_meanwhile_stays_erased() {
    let world = World::new();
    world.gate.close(Held::Before, writes_old_chat);
    let event = small_pages();
    let erasure = async {
        world.gate.reached().await;
        let key = json!({ "chat": { "S": OLD_CHAT.to_string() }, "item": { "S": "chat" } });
        world.call("DeleteItem", &json!({ "TableName": "chats", "Key": key }));
        world.gate.open();
    };
    let (answer, ()) = tokio::join!(world.run(&event), erasure);
    assert!(answer.done);
    assert!(!world.table("chats").contains_key(&format!("{OLD_CHAT}/chat")));
}

#[tokio::test]
async fn of_two_runs_at_once_one_works() {
    let world = World::new();
    let event = small_pages();
    let (first, second) = tokio::join!(world.run(&event), world.run(&event));
    let held = |answer: &migrate::Answer| {
        answer.migrations.iter().filter(|outcome| outcome.state == State::Held).count()
    };
    assert_eq!((first.done, held(&first)), (true, 0));
    assert_eq!((second.done, held(&second)), (false, 1));
    assert_eq!(world.table("chats"), World::migrated().await);
}

#[tokio::test]
async fn a_run_that_was_overtaken_saves_nothing_any_more() {
    let world = World::new();
    world.gate.close(Held::Before, |call| {
        call.body.contains(r#""TableName":"directory""#) && call.body.contains("after_chat")
    });
    let event = small_pages();
    let other = async {
        world.gate.reached().await;
        world.clock.advance_ms(LEASE_MS + 1);
        let answer = world.run(&event).await;
        let records = world.table("directory");
        world.gate.open();
        (answer, records)
    };
    let (overtaken, (other, records)) = tokio::join!(world.run(&event), other);
    assert!(other.done);
    assert_eq!((overtaken.done, overtaken.migrations[0].state), (false, State::Held));
    assert_eq!(world.table("directory"), records);
    assert_eq!(world.table("chats"), World::migrated().await);
    assert!(world.chats.snapshot(HALF_OLD_CHAT).await.unwrap().is_some());
}
