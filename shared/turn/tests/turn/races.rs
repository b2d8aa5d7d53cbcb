//! Wakes that come twice, late, out of order, or never; steps beside each other.

use std::time::Duration;

use chat::{record::Status, wake::Reason};
use kit::{
    model::Script,
    replies::{Replies, echo},
};
use serde_json::json;

use crate::world::{TOOL, World};

const PACE: Duration = Duration::from_millis(100);

fn replies() -> Replies {
    Replies::by(|request, _| match request.messages.len() {
        1 => Script::calls([("c1", TOOL, json!({})), ("c2", "moon", json!({}))]).paced(PACE),
        _ => Script::says(&echo(request)).paced(PACE),
    })
}

/// Plays a turn with a call and a second turn, on a queue that delivers so many copies of each wake.
async fn played(copies: usize) -> World {
    let world = World::quiet(replies()).await;
    world.queue.copies(copies);
    world.send("hello").await;
    world.until_status(Status::RequiresAction).await;
    world.send("in the queue").await;
    world.answer("rain").await;
    world.drain().await;
    world
}

#[tokio::test(start_paused = true)]
async fn a_wake_delivered_twice_makes_one_history() {
    let once = played(1).await;
    for copies in [2, 3, 5] {
        let more = played(copies).await;
        assert_eq!(more.history(), once.history());
        assert_eq!(more.model.requests().len(), 3, "the model is asked once per step");
    }
}

#[tokio::test(start_paused = true)]
async fn wakes_that_never_arrive_are_made_up_for_by_the_sweep() {
    let once = played(1).await;
    let never = played(0).await;
    assert_eq!(never.history(), once.history());
}

#[tokio::test(start_paused = true)]
async fn of_two_steps_at_once_one_commits() {
    let world = World::quiet(Replies::by(|request, _| Script::says(&echo(request)).paced(PACE))).await;
    world.queue.copies(2);
    world.send("hello").await;
    world.drain().await;
    assert_eq!(world.history().len(), 2);
    assert_eq!(world.model.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_was_overtaken_while_it_slept_commits_nothing() {
    let world = World::quiet(Replies::by(|request, number| {
        let script = Script::says(&format!("{number}: {}", echo(request)));
        script.paced(Duration::from_secs(if number == 0 { 3 } else { 1 }))
    }))
    .await;
    world.send("hello").await;
    world.pass_ms(1_000).await;
    // Its process is frozen for longer than its lease lasts.
    world.ports.clock.advance_ms(31_000);
    world.wake(Reason::Message);
    world.drain().await;
    assert_eq!(world.history(), ["user: hello", "assistant: 1: you said: hello; and that is all"]);
}

#[tokio::test(start_paused = true)]
async fn a_late_copy_of_any_wake_changes_nothing() {
    let world = played(1).await;
    let before = world.snapshot();
    let reasons = [
        Reason::Message,
        Reason::Step,
        Reason::Retry,
        Reason::Answer,
        Reason::Deadline,
        Reason::Lease,
        Reason::Sweep,
    ];
    for reason in reasons {
        world.wake(reason);
        world.pass_ms(50).await;
    }
    world.drain().await;
    assert_eq!(world.snapshot(), before);
    assert!(world.queue.delivered() >= reasons.len());
}

#[tokio::test(start_paused = true)]
async fn a_wake_during_a_parked_call_leaves_the_call_alone() {
    let world = World::told("hello", replies()).await;
    world.until_status(Status::RequiresAction).await;
    let before = world.snapshot();
    for reason in [Reason::Message, Reason::Step, Reason::Deadline, Reason::Sweep] {
        world.wake(reason);
        world.pass_ms(50).await;
    }
    assert_eq!(world.snapshot(), before);
    let waiting = world.ports.wakes.waiting().len();
    // The park's own, and one for each wake that may be a step's own come again.
    assert!(waiting <= 3, "{waiting} wakes wait for one deadline");
}

#[tokio::test(start_paused = true)]
async fn sweeps_do_not_pile_up_wakes() {
    let script = Script::says(&"word ".repeat(60)).paced(Duration::from_secs(10));
    let world = World::told("hello", Replies::list([script])).await;
    world.pass_ms(500_000).await;
    assert!(world.ports.wakes.waiting().is_empty());
    world.drain().await;
    assert_eq!(world.model.requests().len(), 1);
    assert_eq!(world.history().len(), 2);
}
