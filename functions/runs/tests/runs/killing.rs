use chat::{
    call::Answerer,
    record::Status,
    state::State,
    transition::{Describe, Transition},
    wake::Reason,
};
use serde_json::{Value, json};

use super::world::World;

fn at(reply: &Value) -> (u64, &str, &str) {
    let body = &reply["body"];
    (reply["statusCode"].as_u64().unwrap(), body["state"].as_str().unwrap(), body["phase"].as_str().unwrap())
}

#[tokio::test]
async fn a_step_at_work_is_asked_to_stop_and_its_owner_is_told() {
    let world = World::new();
    let id = world.asked("hello").await;
    assert_eq!(at(&world.kill(id, None).await), (200, "I0", "stopping"));
    assert_eq!(world.told(), ["status"]);
    let before = world.snapshot(id);
    assert_eq!(at(&world.kill(id, Some(json!({}))).await), (200, "I0", "stopping"), "again");
    assert_eq!(world.snapshot(id), before);
}

#[tokio::test]
async fn what_waits_is_stopped_at_once() {
    let world = World::new();
    let waking = world.said("hello").await;
    let retrying = world.retrying("hello").await;
    let parked = world.parked("hello", Answerer::Workspace).await;
    let asking = world.parked("hello", Answerer::Client).await;
    for id in [waking, retrying, parked, asking] {
        assert_eq!(at(&world.kill(id, None).await), (200, "W", "at_rest"));
    }
    assert_eq!(world.history(parked), ["hello", "tool_call", "tool_result"], "the call has its result");
}

#[tokio::test]
async fn the_next_queued_message_runs_unless_the_queue_goes_too() {
    let world = World::new();
    let id = world.parked("one", Answerer::Client).await;
    world.queued(id, "two").await;
    world.queued(id, "three").await;
    world.told();
    assert_eq!(at(&world.kill(id, None).await), (200, "R1", "waking"));
    assert_eq!(world.wakes.take().unwrap().due.reason, Reason::Message);
    assert_eq!(world.history(id).last().unwrap(), "two");
    assert_eq!(at(&world.kill(id, Some(json!({ "clear_queue": true }))).await), (200, "W", "at_rest"));
    assert_eq!(world.history(id).last().unwrap(), "two", "and not the third");
}

#[tokio::test]
async fn a_queue_is_cleared_behind_a_step_that_was_asked_to_stop_already() {
    let world = World::new();
    let id = world.asked("one").await;
    world.queued(id, "two").await;
    assert_eq!(at(&world.kill(id, None).await), (200, "I1", "stopping"));
    world.told();
    assert_eq!(at(&world.kill(id, Some(json!({ "clear_queue": true }))).await), (200, "I0", "stopping"));
    assert_eq!(world.told(), ["queue_update"]);
}

#[tokio::test]
async fn an_interruption_whose_step_is_dead_is_finished_with_what_it_wrote() {
    let world = World::new();
    let id = world.asked("hello").await;
    world.writes(id, "as far as").await;
    world.kill(id, None).await;
    world.clock.advance_ms(31_000);
    assert_eq!(at(&world.kill(id, None).await), (200, "W", "at_rest"));
    assert_eq!(world.history(id), ["hello", "as far as"]);
}

#[tokio::test]
async fn an_interruption_whose_step_is_dead_goes_on_with_the_queue_or_without() {
    for (body, state) in [(None, "R0"), (Some(json!({ "clear_queue": true })), "W")] {
        let world = World::new();
        let id = world.asked("one").await;
        world.queued(id, "two").await;
        world.kill(id, None).await;
        world.clock.advance_ms(31_000);
        assert_eq!(at(&world.kill(id, body).await).1, state);
    }
}

#[tokio::test]
async fn a_state_that_cannot_be_is_reconciled() {
    for (body, state) in [(None, "E1"), (Some(json!({ "clear_queue": true })), "E0")] {
        let world = World::new();
        let id = world.parked("odd", Answerer::Client).await;
        world.queued(id, "two").await;
        let draft = chat::Draft::open(Some(world.snapshot(id)), chat::port::Clock::now(&world.clock));
        let mut change = kit::seed::change(draft, [Transition::Describe(Describe::default())]);
        change.chat.status = Status::Running;
        chat::port::CommitChats::commit(&world.memory, &change, None).await.unwrap();
        assert_eq!(State::of(Some(&world.snapshot(id).chat)), State::Invalid);
        assert_eq!(at(&world.kill(id, body).await), (200, state, "at_rest"));
    }
}

#[tokio::test]
async fn a_key_kills_once_and_spares_what_was_queued() {
    let world = World::new();
    let id = world.parked("one", Answerer::Client).await;
    world.queued(id, "two").await;
    let first = world.kill_once(id, "k1", None).await;
    assert_eq!((at(&first), &first["headers"]["idempotent-replay"]), ((200, "R0", "waking"), &Value::Null));
    let before = world.snapshot(id);
    world.clock.advance_ms(1_000);
    let again = world.kill_once(id, "k1", None).await;
    assert_eq!((&again["statusCode"], &again["body"]), (&first["statusCode"], &first["body"]));
    assert_eq!(again["headers"]["idempotent-replay"], "true");
    assert_eq!(world.snapshot(id), before, "the second message runs on");
    let other = world.kill_once(id, "k1", Some(json!({ "clear_queue": true }))).await;
    assert_eq!((&other["statusCode"], &other["body"]["code"]), (&409.into(), &"idempotency_mismatch".into()));
    assert_eq!(at(&world.kill_once(id, "k2", None).await), (200, "W", "at_rest"), "a new key kills");
}

#[tokio::test]
async fn a_key_counts_where_the_step_had_been_asked_to_stop_already() {
    let world = World::new();
    let id = world.asked("one").await;
    world.queued(id, "two").await;
    world.kill(id, None).await;
    assert_eq!(at(&world.kill_once(id, "k1", None).await), (200, "I1", "stopping"));
    world.clock.advance_ms(31_000);
    assert_eq!(at(&world.kill(id, None).await), (200, "R0", "waking"), "the next message runs");
    let again = world.kill_once(id, "k1", None).await;
    assert_eq!(
        (at(&again), &again["headers"]["idempotent-replay"]),
        ((200, "I1", "stopping"), &"true".into())
    );
    assert_eq!(State::of(Some(&world.snapshot(id).chat)), State::R0);
}

#[tokio::test]
async fn a_repetition_makes_up_for_a_wake_that_was_never_sent() {
    let world = World::new();
    let id = world.parked("one", Answerer::Client).await;
    world.queued(id, "two").await;
    world.kill_once(id, "k1", None).await;
    while world.wakes.take().is_some() {}
    world.kill_once(id, "k1", None).await;
    assert_eq!(world.wakes.take().unwrap().due.reason, Reason::Message);
}

#[tokio::test]
async fn a_kill_ends_what_the_chats_children_do_as_well() {
    let world = World::new();
    let root = world.parked("hello", Answerer::Chat).await;
    let (waiting, working, resting) =
        (world.child(root, "one").await, world.child(root, "two").await, world.child(root, "three").await);
    world.begin(working).await;
    world.rests(resting).await;
    assert_eq!(at(&world.kill(root, None).await), (200, "W", "at_rest"));
    let states = [waiting, working, resting].map(|id| State::of(Some(&world.snapshot(id).chat)));
    assert_eq!(states, [State::W, State::I0, State::W]);
}

#[tokio::test]
async fn a_chat_at_rest_whose_children_work_can_be_killed() {
    let world = World::new();
    let root = world.at_rest("hello").await;
    let child = world.child(root, "one").await;
    assert_eq!(at(&world.kill(root, None).await), (200, "W", "at_rest"));
    assert_eq!(State::of(Some(&world.snapshot(child).chat)), State::W);
    assert_eq!(world.kill(root, None).await["statusCode"], 409);
}
