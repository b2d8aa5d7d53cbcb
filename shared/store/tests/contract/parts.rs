//! Streamed parts and listeners.

use chat::{
    cursor::Episode,
    id::{ChatId, ConnectionId},
    limit::{EPISODE_BYTES, LISTENERS},
    part::Delta,
    port::{Clock as _, Flush, Observed},
    record::Status,
};

use super::world::{Chats, World};

const EPISODE: Episode = Episode { history_version: 9, generation_attempt: 2 };

fn text(text: impl Into<String>) -> Delta {
    Delta::Text { text: text.into() }
}

fn flush<C, D>(world: &World<C, D>, chat_id: ChatId, first_seq: u64, parts: Vec<Delta>) -> Flush {
    let expires_at = world.clock.now().plus_ms(3_600_000);
    Flush { chat_id, episode: EPISODE, first_seq, parts, expires_at }
}

pub(crate) async fn parts_come_back_in_order<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let all: Vec<(u64, Delta)> = (1..=120).map(|seq| (seq, text(format!("{seq} ").repeat(200)))).collect();
    for run in all.chunks(7) {
        let parts = run.iter().map(|(_, delta)| delta.clone()).collect();
        world.chats.log(&flush(&world, id, run[0].0, parts)).await.unwrap();
    }
    assert_eq!(world.chats.parts(id, EPISODE).await.unwrap(), all);
}

pub(crate) async fn a_flush_written_twice_changes_nothing<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let call =
        Delta::ToolCall { tool_call_id: "c".into(), tool_name: "look".into(), args_delta: "{\"a\":".into() };
    let source = Delta::Source { url: "https://example.com".into(), title: None };
    let written = flush(&world, id, 1, vec![text("a"), call.clone(), source.clone()]);
    world.chats.log(&written).await.unwrap();
    world.chats.log(&written).await.unwrap();
    let kept = world.chats.parts(id, EPISODE).await.unwrap();
    assert_eq!(kept, [(1, text("a")), (2, call), (3, source)]);
}

pub(crate) async fn parts_end_at_a_gap<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    for first in [1, 3] {
        world.chats.log(&flush(&world, id, first, vec![text("x")])).await.unwrap();
    }
    assert_eq!(world.chats.parts(id, EPISODE).await.unwrap(), [(1, text("x"))]);
}

pub(crate) async fn episodes_are_apart<C: Chats, D>(world: World<C, D>) {
    let (one, two) = (world.created("hello").await, world.created("hello").await);
    let written = flush(&world, one, 1, vec![text("x")]);
    world.chats.log(&written).await.unwrap();
    let other = Episode { generation_attempt: 3, ..EPISODE };
    let longer = Episode { generation_attempt: 21, ..EPISODE };
    for (id, episode) in [(one, other), (one, longer), (two, EPISODE)] {
        assert_eq!(world.chats.parts(id, episode).await.unwrap(), []);
    }
}

pub(crate) async fn observation_tells_state_and_listeners<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    world.parked(id, 2).await;
    for connection in ["b", "a", "~"] {
        let until = world.clock.now().plus_ms(60_000);
        world.chats.listen(id, &connection.into(), until).await.unwrap();
    }
    let chat = world.chat(id).await;
    let expected = Observed {
        versions: chat.versions,
        status: Status::RequiresAction,
        lease: None,
        listeners: ["a", "b", "~"].map(ConnectionId::from).to_vec(),
    };
    assert_eq!(world.chats.observe(id).await.unwrap(), Some(expected));
}

pub(crate) async fn a_listener_goes_when_it_leaves_or_expires<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    for (connection, lasts_ms) in [("short", 1_000), ("left", 60_000), ("long", 60_000)] {
        let until = world.clock.now().plus_ms(lasts_ms);
        world.chats.listen(id, &connection.into(), until).await.unwrap();
    }
    world.chats.unlisten(id, &"left".into()).await.unwrap();
    world.chats.unlisten(id, &"never there".into()).await.unwrap();
    world.clock.advance_ms(2_000);
    let observed = world.chats.observe(id).await.unwrap().unwrap();
    assert_eq!(observed.listeners, [ConnectionId::from("long")]);
}

pub(crate) async fn nothing_is_observed_of_no_chat<C: Chats, D>(world: World<C, D>) {
    let id = ChatId(world.clock.new_id());
    world.chats.listen(id, &"early".into(), world.clock.now().plus_ms(60_000)).await.unwrap();
    assert_eq!(world.chats.observe(id).await.unwrap(), None);
    assert_eq!(world.chats.snapshot(id).await.unwrap(), None);
}

pub(crate) async fn the_last_to_subscribe_are_told<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    // Names in the opposite order, so that no order but that of the times is right.
    let name = |n: usize| ConnectionId(format!("{:03}", 999 - n));
    for n in 0..LISTENERS + 3 {
        world.clock.advance_ms(1_000);
        world.chats.listen(id, &name(n), world.clock.now().plus_ms(3_600_000)).await.unwrap();
    }
    let listeners = world.chats.observe(id).await.unwrap().unwrap().listeners;
    assert_eq!(listeners, (3..LISTENERS + 3).rev().map(name).collect::<Vec<_>>());
    // Who is forgotten stays so; there is room again when others leave.
    world.chats.unlisten(id, &name(7)).await.unwrap();
    assert_eq!(world.chats.observe(id).await.unwrap().unwrap().listeners.len(), LISTENERS - 1);
    world.chats.listen(id, &name(0), world.clock.now().plus_ms(3_600_000)).await.unwrap();
    assert!(world.chats.observe(id).await.unwrap().unwrap().listeners.contains(&name(0)));
}

/// The step writes and then looks who listens; the subscriber listens and then reads. However they
/// interleave, one of the two sees the other.
pub(crate) async fn a_subscriber_and_a_step_never_miss_each_other<C: Chats, D>(world: World<C, D>) {
    let connection = ConnectionId::from("c");
    let until = world.clock.now().plus_ms(60_000);
    for turn in 0..40_usize {
        let id = world.created("hello").await;
        let written = flush(&world, id, 1, vec![text("x")]);
        let step = async {
            yields(turn % 5).await;
            world.chats.log(&written).await.unwrap();
            yields(turn % 3).await;
            world.chats.observe(id).await.unwrap().unwrap().listeners
        };
        let subscriber = async {
            yields(turn % 7).await;
            world.chats.listen(id, &connection, until).await.unwrap();
            yields(turn % 2).await;
            world.chats.parts(id, EPISODE).await.unwrap()
        };
        let (listeners, parts) = tokio::join!(step, subscriber);
        assert!(!listeners.is_empty() || !parts.is_empty(), "they missed each other in turn {turn}");
    }
}

async fn yields(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

pub(crate) async fn parts_of_several_writers_follow_each_other<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let episode = Episode { history_version: 2, generation_attempt: 0 };
    let until = world.clock.now().plus_ms(60_000);
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..4 {
        let chats = world.chats.clone();
        writers.spawn(async move {
            let part = Delta::ToolResult {
                tool_call_id: "c".into(),
                tool_name: "execute".into(),
                result_delta: format!("{number}"),
            };
            chats.append(id, episode, &part, until).await.unwrap()
        });
    }
    let mut places: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
    places.sort_unstable();
    assert_eq!(places, [1, 2, 3, 4]);
    let parts = world.chats.parts(id, episode).await.unwrap();
    assert_eq!(parts.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), places);
}

pub(crate) async fn an_episode_takes_no_more_than_its_bytes<C: Chats, D>(world: World<C, D>) {
    let id = world.created("hello").await;
    let episode = Episode { history_version: 2, generation_attempt: 0 };
    let until = world.clock.now().plus_ms(60_000);
    let part = Delta::Text { text: "x".repeat(EPISODE_BYTES / 16) };
    for seq in 1..=16 {
        assert_eq!(world.chats.append(id, episode, &part, until).await.unwrap(), Some(seq));
    }
    let one_more = Delta::Text { text: "x".into() };
    assert_eq!(world.chats.append(id, episode, &one_more, until).await.unwrap(), None);
}
