//! What a turn costs: writes, looks and bytes while an answer streams.

use std::time::Duration;

use chat::{cursor::Episode, event::Body, part::Delta, port::ReadParts, record::Status};
use kit::{model::Script, replies::Replies};

use crate::world::World;

/// Ten seconds of words, 25 ms apart, with the two events that end the answer.
const WORDS: usize = 398;

fn script() -> Script {
    Script::says("words ".repeat(WORDS).trim_end()).paced(Duration::from_millis(25))
}

async fn streamed(listeners: usize) -> World {
    let world = World::quiet(Replies::list([script()])).await;
    for listener in 0..listeners {
        world.listen(&listener.to_string()).await;
    }
    world.send("hello").await;
    world.drain().await;
    assert!((10_000..10_500).contains(&world.elapsed_ms()), "{} ms", world.elapsed_ms());
    world
}

async fn logged_bytes(world: &World) -> usize {
    let history_version = world.messages()[0].revision;
    let episode = Episode { history_version, generation_attempt: 1 };
    let parts = world.ports.parts(world.chat_id, episode).await.unwrap();
    parts.iter().map(|(_, part)| part.size_bytes()).sum()
}

#[tokio::test(start_paused = true)]
async fn ten_seconds_with_a_listener_take_thirty_flushes_at_most() {
    let world = streamed(1).await;
    let (writes, looks, pushes) =
        (world.trouble.count("log"), world.trouble.count("observe"), world.trouble.count("tell"));
    assert!((20..=30).contains(&writes), "{writes} writes");
    assert!(looks <= writes + 2, "{looks} looks");
    assert!(pushes <= writes + 2, "{pushes} pushes");
}

#[tokio::test(start_paused = true)]
async fn ten_seconds_with_nobody_take_few_looks_and_hardly_a_write() {
    let world = streamed(0).await;
    let (writes, looks) = (world.trouble.count("log"), world.trouble.count("observe"));
    assert!(writes <= 3, "{writes} writes");
    assert!((7..=10).contains(&looks), "{looks} looks");
    assert_eq!(world.trouble.count("tell"), 0);
}

#[tokio::test(start_paused = true)]
async fn more_listeners_cost_pushes_only() {
    let (one, ten) = (streamed(1).await, streamed(10).await);
    for call in ["log", "observe", "commit", "snapshot", "renew"] {
        assert_eq!(one.trouble.count(call), ten.trouble.count(call), "{call}");
    }
    assert_eq!(one.trouble.count("tell") * 10, ten.trouble.count("tell"));
}

#[tokio::test(start_paused = true)]
async fn every_byte_is_stored_twice_at_most() {
    for listeners in [0, 1] {
        let world = streamed(listeners).await;
        let generated = "words ".len() * WORDS - 1;
        assert!(logged_bytes(&world).await <= generated);
        assert_eq!(world.history()[1].len(), "assistant: ".len() + generated);
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_answer_takes_two_transactions() {
    let world = World::told("hello", Replies::list([Script::says("hi")])).await;
    world.drain().await;
    assert_eq!(world.trouble.count("commit"), 2);
    assert_eq!(world.trouble.count("send"), 0, "the turn is over with its answer");
    assert_eq!(world.trouble.count("snapshot"), 2, "{:?}", world.trouble.calls());
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_silent_costs_a_look_a_second_and_a_heartbeat_in_ten() {
    let slow = Script::says("at last").paced(Duration::from_secs(60));
    let world = World::told("hello", Replies::list([slow])).await;
    world.until_status(Status::Waiting).await;
    let seconds = usize::try_from(world.elapsed_ms() / 1_000).unwrap();
    assert!(world.trouble.count("observe") <= seconds + 5);
    assert!(world.trouble.count("renew") <= seconds / 10 + 1);
    assert!(world.trouble.count("log") <= 2);
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_comes_in_mid_stream_is_seen_within_a_second() {
    let world = World::quiet(Replies::list([script()])).await;
    world.send("hello").await;
    world.pass_ms(4_321).await;
    world.listen("late").await;
    world.pass_ms(1_100).await;
    let words = world.heard("late").iter().any(|event| {
        matches!(&event.body, Body::MessagePart { part: Delta::Text { text }, .. } if !text.is_empty())
    });
    assert!(words, "{:?}", world.heard("late"));
}
