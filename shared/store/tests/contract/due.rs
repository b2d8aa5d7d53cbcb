//! Finding chats that somebody must look at.

use chat::{id::ChatId, port::Clock as _, time::Timestamp};

use super::world::{Chats, World};

async fn due<C: Chats, D>(world: &World<C, D>, now: Timestamp, limit: usize) -> Vec<Vec<ChatId>> {
    let mut found = Vec::new();
    for shard in 0..store::DUE_SHARDS {
        let due = world.chats.due(shard, Timestamp(0)..=now, limit).await.unwrap();
        assert!(due.is_sorted_by_key(|(_, due_at)| *due_at) && due.iter().all(|(_, due_at)| *due_at <= now));
        found.push(due.into_iter().map(|(chat_id, _)| chat_id).collect());
    }
    found
}

pub(crate) async fn the_due_index_finds_and_forgets<C: Chats, D>(world: World<C, D>) {
    assert_eq!(store::DUE_SHARDS, kit::memory::DUE_SHARDS);
    let mut running = Vec::new();
    for _ in 0..12 {
        running.push(world.created("hello").await);
    }
    world.idle(|_| {}).await;
    assert!(due(&world, world.clock.now(), 100).await.concat().is_empty(), "nothing is due yet");
    let later = world.clock.now().plus_ms(180_000);
    let mut found = due(&world, later, 100).await.concat();
    found.sort_unstable();
    assert_eq!(found, running, "each is found once");
    assert!(due(&world, later, 100).await.iter().all(|shard| !shard.is_empty()), "all shards are used");
    for id in running {
        world.answer(id, "hi").await;
    }
    assert!(due(&world, later, 100).await.concat().is_empty(), "at rest nobody must look");
}

pub(crate) async fn the_longest_due_comes_first<C: Chats, D>(world: World<C, D>) {
    let mut made = Vec::new();
    for _ in 0..12 {
        world.clock.advance_ms(300_000);
        made.push(world.created("hello").await);
    }
    let later = world.clock.now().plus_ms(600_000);
    for shard in due(&world, later, 2).await {
        assert!(shard.len() <= 2);
        let places = shard.iter().map(|id| made.iter().position(|m| m == id).unwrap());
        assert!(places.collect::<Vec<_>>().is_sorted());
    }
    let oldest = due(&world, later, 1).await.concat();
    assert!(oldest.contains(&made[0]), "the oldest of all is the first of its shard");
}

pub(crate) async fn what_is_not_at_rest_is_live<C: Chats, D>(world: World<C, D>) {
    let (rests, deleted) = (world.created("hello").await, world.idle(|_| {}).await);
    world.answer(rests, "hi").await;
    world.delete(deleted).await;
    let (waits, runs) = (world.created("hello").await, world.created("hello").await);
    world.parked(waits, 1).await;
    world.attempt(runs).await;
    let mut live = world.chats.live(9).await.unwrap();
    live.chats.sort_by_key(|chat| chat.id);
    assert_eq!((live.chats, live.more), (vec![world.chat(waits).await, world.chat(runs).await], false));
}

pub(crate) async fn of_many_live_chats_the_longest_due_are_found<C: Chats, D>(world: World<C, D>) {
    let mut made = Vec::new();
    for _ in 0..12 {
        world.clock.advance_ms(300_000);
        made.push(world.created("hello").await);
    }
    let live = world.chats.live(5).await.unwrap();
    let found: Vec<ChatId> = live.chats.iter().map(|chat| chat.id).collect();
    assert_eq!((found.as_slice(), live.more), (&made[..5], true));
    assert!(!world.chats.live(12).await.unwrap().more, "that is all");
}
