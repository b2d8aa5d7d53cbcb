//! Events of the queue in; partial batch responses and steps out.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

#[path = "step/world.rs"]
mod world;

use kit::{faults::Fault, model::Script};
use serde_json::json;

use world::{World, body, event, record};

#[tokio::test]
async fn a_wake_makes_a_step_and_is_done() {
    let world = World::new([Script::says("hello yourself")]).await;
    let reply = world.deliver(event(&[record("m1", &body(world.chat_id, 1))])).await;
    assert_eq!(reply, json!({ "batchItemFailures": [] }));
    assert_eq!(world.said(), ["hello", "hello yourself"]);
    assert_eq!(world.wakes.holds()[0], chat::limit::LEASE_MS, "a dead step's wake comes again soon");
}

#[tokio::test]
async fn the_same_wake_twice_makes_one_answer() {
    let world = World::new([Script::says("hello yourself")]).await;
    let wake = event(&[record("m1", &body(world.chat_id, 1))]);
    for _ in 0..2 {
        assert_eq!(world.deliver(wake.clone()).await, json!({ "batchItemFailures": [] }));
    }
    assert_eq!(world.said(), ["hello", "hello yourself"]);
}

#[tokio::test]
async fn a_wake_for_a_chat_that_is_gone_is_done() {
    let world = World::new([]).await;
    let nowhere = chat::id::ChatId(uuid::Uuid::from_u128(7));
    let reply = world.deliver(event(&[record("m1", &body(nowhere, 1))])).await;
    assert_eq!(reply, json!({ "batchItemFailures": [] }));
}

#[tokio::test]
async fn what_can_never_be_read_is_dropped() {
    let world = World::new([]).await;
    let unknown_version = body(world.chat_id, 2);
    let unknown_reason = json!({ "v": 1, "chat_id": world.chat_id, "reason": "boredom" }).to_string();
    let no_chat = json!({ "v": 1, "chat_id": "x", "reason": "message" }).to_string();
    let bodies = ["", "{", "[]", "null", "wake up", &unknown_version, &unknown_reason, &no_chat];
    for text in bodies {
        let reply = world.deliver(event(&[record("m1", text)])).await;
        assert_eq!(reply, json!({ "batchItemFailures": [] }), "{text}");
    }
    assert_eq!(world.said(), ["hello"]);
    assert!(world.faults.calls().is_empty(), "nothing is asked for it");
}

#[tokio::test]
async fn a_record_without_a_body_is_dropped() {
    let world = World::new([]).await;
    let reply = world.deliver(json!({ "Records": [{ "messageId": "m1", "eventSource": "aws:sqs" }] })).await;
    assert_eq!(reply, json!({ "batchItemFailures": [] }));
}

#[tokio::test]
async fn a_wake_whose_step_met_an_outage_comes_again() {
    let world = World::new([Script::says("hello yourself")]).await;
    world.faults.set(|_, _| Fault::FailBefore);
    let wake = event(&[record("m1", &body(world.chat_id, 1))]);
    let reply = world.deliver(wake.clone()).await;
    assert_eq!(reply, json!({ "batchItemFailures": [{ "itemIdentifier": "m1" }] }));
    world.faults.clear();
    assert_eq!(world.deliver(wake).await, json!({ "batchItemFailures": [] }));
    assert_eq!(world.said(), ["hello", "hello yourself"]);
}

#[tokio::test]
async fn only_those_come_again_that_failed() {
    let world = World::new([Script::says("hello yourself")]).await;
    let mut strange = record("m2", &body(world.chat_id, 1));
    strange["eventSourceARN"] = "arn:aws:sqs:eu-central-1:1:another".into();
    let records = [record("m1", "poison"), strange, record("m3", &body(world.chat_id, 1))];
    let reply = world.deliver(event(&records)).await;
    assert_eq!(reply, json!({ "batchItemFailures": [{ "itemIdentifier": "m2" }] }));
    assert_eq!(world.said(), ["hello", "hello yourself"]);
}

#[tokio::test]
async fn an_empty_batch_is_done() {
    let world = World::new([]).await;
    assert_eq!(world.deliver(event(&[])).await, json!({ "batchItemFailures": [] }));
}

#[tokio::test]
async fn what_is_no_event_of_the_queue_fails_as_a_whole() {
    let world = World::new([]).await;
    for event in [json!(null), json!([]), json!("wake"), json!({ "Records": "none" })] {
        assert_eq!(world.call(event.clone()).await.unwrap_err().error_type, "BadEvent", "{event}");
    }
}
