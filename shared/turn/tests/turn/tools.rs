//! Calls, and who answers them.

use chat::{
    Draft,
    id::MessageId,
    limit::{CLIENT_CALL_MS, RESULT_MESSAGES, STEPS_PER_TURN},
    message::Role,
    port::CommitChats,
    record::Status,
    transition::{Describe, Transition},
};
use kit::{model::Script, replies::Replies, seed};
use serde_json::json;

use crate::world::{TOOL, World};

fn asks(id: &str) -> Script {
    Script::calls([(id, TOOL, json!({"city": "Bern"}))])
}

#[tokio::test(start_paused = true)]
async fn a_call_for_the_client_parks_the_chat_until_it_answers() {
    let world = World::told("hello", Replies::list([asks("c1"), Script::says("it rains")])).await;
    world.until_status(Status::RequiresAction).await;
    let parked = world.snapshot();
    let deadline = world.messages()[1].created_at.plus_ms(CLIENT_CALL_MS);
    assert_eq!(parked.chat.next_deadline(), Some(deadline));
    assert_eq!(parked.ledger[0].message_id, MessageId(2));
    assert!(parked.chat.lease.is_none() && world.queue.is_idle());
    world.answer("rain").await;
    world.rest().await;
    let expected = [
        "user: hello",
        r#"assistant: c1 = weather({"city":"Bern"})"#,
        r#"tool: c1 gave "rain""#,
        "assistant: it rains",
    ];
    assert_eq!(world.history(), expected);
    assert!(world.snapshot().ledger.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_deadline_wake_of_an_answered_call_does_nothing() {
    let world = World::told("hello", Replies::list([asks("c1"), Script::says("it rains")])).await;
    world.until_status(Status::RequiresAction).await;
    world.answer("rain").await;
    world.rest().await;
    let before = world.snapshot();
    world.drain().await;
    assert_eq!(world.snapshot(), before);
}

#[tokio::test(start_paused = true)]
async fn a_call_of_an_unknown_tool_fails_at_once_and_the_turn_goes_on() {
    let calls = Script::calls([("c1", "moon", json!({}))]);
    let world = World::told("hello", Replies::list([calls, Script::says("sorry")])).await;
    world.rest().await;
    let expected = [
        "user: hello",
        "assistant: c1 = moon({})",
        r#"tool: c1 failed {"error":"there is no tool named moon"}"#,
        "assistant: sorry",
    ];
    assert_eq!(world.history(), expected);
}

#[tokio::test(start_paused = true)]
async fn results_of_parallel_calls_are_committed_together_in_call_order() {
    let calls = Script::calls([("c1", "moon", json!({})), ("c2", TOOL, json!({})), ("c3", TOOL, json!({}))]);
    let world = World::told("hello", Replies::list([calls, Script::says("so")])).await;
    world.until_status(Status::RequiresAction).await;
    assert_eq!(world.history().len(), 4, "no result is in history yet");
    assert_eq!(world.chat().client_calls().count(), 2);
    world.answer("x").await;
    world.rest().await;
    let results: Vec<String> =
        world.history().into_iter().filter(|line| line.starts_with("tool: ")).collect();
    let moon = r#"tool: c1 failed {"error":"there is no tool named moon"}"#;
    assert_eq!(results, [moon, r#"tool: c2 gave "x""#, r#"tool: c3 gave "x""#]);
    let messages = world.messages();
    let revisions: Vec<u64> = messages
        .iter()
        .filter(|message| message.role == Role::Tool)
        .map(|message| message.revision)
        .collect();
    assert_eq!(revisions, [revisions[0]; 3]);
}

#[tokio::test(start_paused = true)]
async fn calls_that_nobody_answers_expire_and_the_turn_goes_on() {
    let world = World::told("hello", Replies::list([asks("c1"), Script::says("never mind")])).await;
    world.until_status(Status::RequiresAction).await;
    let parked_at = world.elapsed_ms();
    world.rest().await;
    assert!((CLIENT_CALL_MS..CLIENT_CALL_MS + 1_000).contains(&(world.elapsed_ms() - parked_at)));
    let late = r#"tool: c1 failed {"error":"the client did not answer in time"}"#;
    assert_eq!(world.history()[2..], [late, "assistant: never mind"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_while_calls_are_pending_waits_for_the_turn_to_end() {
    let replies = Replies::list([asks("c1"), Script::says("it rains"), Script::says("yes")]);
    let world = World::told("hello", replies).await;
    world.until_status(Status::RequiresAction).await;
    world.send("really?").await;
    assert_eq!(world.chat().status, Status::RequiresAction);
    world.answer("rain").await;
    world.rest().await;
    assert_eq!(world.history()[3..], ["assistant: it rains", "user: really?", "assistant: yes"]);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_call_gets_a_result_and_the_chat_rests() {
    let world = World::told("hello", Replies::list([asks("c1"), Script::says("fine")])).await;
    world.until_status(Status::RequiresAction).await;
    assert!(world.interrupt().await);
    world.rest().await;
    let stopped = r#"tool: c1 failed {"error":"the call was interrupted"}"#;
    assert_eq!(world.history()[2..], [stopped]);
    world.send("go on").await;
    world.rest().await;
    assert_eq!(world.history()[3..], ["user: go on", "assistant: fine"]);
}

#[tokio::test(start_paused = true)]
async fn two_calls_of_one_name_are_an_error_of_the_model_that_is_tried_again() {
    let twice = Script::calls([("c1", TOOL, json!({})), ("c1", TOOL, json!({}))]);
    let world = World::told("hello", Replies::list([twice, Script::says("sorry")])).await;
    world.rest().await;
    assert_eq!(world.history(), ["user: hello", "assistant: sorry"]);
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_calls_at_once_all_get_their_result() {
    let names: Vec<String> = (0..300).map(|n| format!("c{n}")).collect();
    let calls = Script::calls(names.iter().map(|id| (id.as_str(), "moon", json!({}))));
    let world = World::told("hello", Replies::list([calls, Script::says("sorry")])).await;
    world.rest().await;
    assert_eq!(world.history().iter().filter(|line| line.starts_with("tool: ")).count(), 300);
    assert!(world.messages().len() < 90, "a write takes 100 items");
}

#[tokio::test(start_paused = true)]
async fn a_turn_ends_quietly_at_its_limit_of_steps() {
    let replies = Replies::by(|_, number| {
        let id = format!("c{number}");
        Script::calls([(id.as_str(), if number == 0 { TOOL } else { "moon" }, json!({}))])
    });
    let world = World::told("hello", replies).await;
    world.until_status(Status::RequiresAction).await;
    let draft = Draft::open(Some(world.snapshot()), world.now());
    let mut long = seed::change(draft, [Transition::Describe(Describe::default())]);
    long.chat.steps = STEPS_PER_TURN - 3;
    world.ports.commit(&long, None).await.unwrap();
    world.answer("rain").await;
    world.rest().await;
    let chat = world.chat();
    assert_eq!((chat.status, chat.steps), (Status::Waiting, STEPS_PER_TURN));
    assert_eq!(world.model.requests().len(), 4);
    assert!(chat.calls.is_empty());
}

#[tokio::test(start_paused = true)]
async fn more_calls_of_clients_than_one_write_takes_all_fail_at_once() {
    let names: Vec<String> = (0..RESULT_MESSAGES + 1).map(|n| format!("c{n}")).collect();
    let calls = Script::calls(names.iter().map(|id| (id.as_str(), TOOL, json!({}))));
    let world = World::told("hello", Replies::list([calls, Script::says("sorry")])).await;
    world.rest().await;
    let failed = world.history().into_iter().filter(|line| line.contains("too many calls at once")).count();
    assert_eq!(failed, RESULT_MESSAGES + 1);
}
