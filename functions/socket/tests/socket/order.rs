//! Who subscribes while a step streams misses nothing, however the two get into each other's way.

use std::pin::{Pin, pin};

use chat::port::{LogParts as _, Observe as _};
use edge::request::Caller;
use kit::seed;
use serde_json::{Value, json};
use turn::announce::tell;

use crate::world::{World, message, once};

/// Turns of which every order is tried; what is left then runs to its end.
const TURNS: u32 = 11;

#[tokio::test]
async fn in_no_order_of_events_is_a_part_missed() {
    for order in 0..1_u32 << TURNS {
        let world = World::streaming().await;
        play(&world, order).await;
        let mut heard = parts(&world.heard());
        heard.sort_unstable();
        heard.dedup();
        assert_eq!(heard, [1, 2, 3], "in order {order:b}");
    }
}

/// Lets the two take turns, each through one call: a one-bit is the step's.
async fn play(world: &World, order: u32) {
    let said = json!({ "action": "subscribe", "chat_id": world.chat_id }).to_string();
    let mut subscribe = pin!(world.send(message(Caller::Known(seed::person()), &said)));
    let mut flush = pin!(flush(world));
    let (mut subscribed, mut flushed) = (false, false);
    for turn in 0..TURNS {
        if order >> turn & 1 == 1 {
            go(&mut flushed, flush.as_mut()).await;
        } else {
            go(&mut subscribed, subscribe.as_mut()).await;
        }
    }
    if !subscribed {
        subscribe.await;
    }
    if !flushed {
        flush.await;
    }
}

async fn go<T>(done: &mut bool, work: Pin<&mut impl Future<Output = T>>) {
    *done = *done || once(work).await.is_some();
}

/// What a step does with a part: writes it, looks who listens, tells them.
async fn flush(world: &World) {
    let flush = world.flush(3, &["self"]);
    world.ports.chats.log(&flush).await.unwrap();
    let listeners = world.ports.observe(world.chat_id).await.unwrap().unwrap().listeners;
    let parts = flush.parts.into_iter();
    let parts = parts.map(|part| chat::event::Event::part(world.chat_id, flush.episode, 3, part));
    tell(&world.ports, world.chat_id, &listeners, &parts.collect::<Vec<_>>()).await;
}

fn parts(frames: &[Value]) -> Vec<u64> {
    let events = frames.iter().flat_map(|frame| frame.as_array().unwrap());
    events
        .filter(|event| event["type"] == "message_part")
        .map(|event| event["seq"].as_u64().unwrap())
        .collect()
}
