//! What the row says of a turn while it runs.

use std::time::Duration;

use chat::record::{Activity, Progress, Status};
use kit::{
    model::Script,
    replies::{Replies, echo},
};
use serde_json::json;

use crate::world::{TOOL, World};

fn progress(world: &World) -> Progress {
    world.chat().progress.expect("a turn runs")
}

fn doing(world: &World) -> Activity {
    progress(world).step.expect("a step works").activity
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_says_what_the_step_does_and_what_it_has_cost() {
    let slow = Script::says("one two three").paced(Duration::from_secs(15));
    let world = World::told("hello", Replies::list([slow])).await;
    let began_at = world.now();
    world.pass_ms(9_000).await;
    let first = progress(&world);
    assert_eq!((first.began_at, first.cost_micros, doing(&world)), (began_at, 0, Activity::Prompting));
    world.pass_ms(5_000).await;
    let cost_micros = progress(&world).cost_micros;
    assert_eq!(doing(&world), Activity::Prompting);
    assert!((20..23).contains(&cost_micros), "twelve seconds of memory, and a wake: {cost_micros}");
    world.pass_ms(12_000).await;
    let cost_micros = progress(&world).cost_micros;
    assert_eq!(doing(&world), Activity::Answering);
    assert!((40..46).contains(&cost_micros), "twenty-four seconds: {cost_micros}");
    assert_eq!(progress(&world).step.unwrap().since, first.step.unwrap().since);
    world.rest().await;
    assert_eq!(world.chat().progress, None, "at rest there is no turn");
}

#[tokio::test(start_paused = true)]
async fn a_turn_of_several_steps_keeps_its_beginning_and_adds_up() {
    let asks = Script::calls([("c1", TOOL, json!({}))]).paced(Duration::from_secs(6));
    let says = Script::says("it rains").paced(Duration::from_secs(14));
    let world = World::told("hello", Replies::list([asks, says])).await;
    let began_at = world.now();
    world.until_status(Status::RequiresAction).await;
    let parked = progress(&world);
    assert_eq!((parked.began_at, parked.step), (began_at, None), "nobody works");
    assert!(parked.cost_micros >= 20, "{parked:?}");
    world.pass_ms(60_000).await;
    assert_eq!(progress(&world), parked, "waiting costs nothing");
    world.answer("rain").await;
    world.pass_ms(13_000).await;
    let again = progress(&world);
    let added = again.cost_micros - parked.cost_micros;
    assert_eq!(again.began_at, began_at);
    assert!((20..23).contains(&added), "twelve seconds more: {added}");
}

#[tokio::test(start_paused = true)]
async fn a_queued_message_begins_a_turn_of_its_own() {
    let slowly = Replies::by(|request, _| Script::says(&echo(request)).paced(Duration::from_secs(4)));
    let world = World::told("one", slowly).await;
    let began_at = progress(&world).began_at;
    world.pass_ms(12_000).await;
    world.send("two").await;
    assert_eq!((progress(&world).began_at, doing(&world)), (began_at, Activity::Answering));
    world.until(|chat| chat.queue.is_empty()).await;
    let second = progress(&world);
    assert_eq!((second.began_at, second.cost_micros), (world.messages()[2].created_at, 0));
}
