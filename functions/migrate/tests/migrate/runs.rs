//! What a run does, and what it says.

use chat::port::Clock as _;
use edge::Invocation;
use migrate::{Answer, Event, State};
use serde_json::{Value, json};

use super::world::{OLD_CHAT, Told, World, old_message, small_pages};

fn counts(answer: &Answer) -> Vec<(&str, u64, u64)> {
    let of = |outcome: &migrate::Outcome| (outcome.name, outcome.counts.changed, outcome.counts.refused);
    answer.migrations.iter().map(of).collect()
}

const CHANGED: [(&str, u64, u64); 4] = [
    ("0001_roles", 7, 0),
    ("0002_content_version", 9, 0),
    ("0003_created_by", 2, 0),
    ("0004_agent_id", 2, 0),
];

#[tokio::test]
async fn old_items_mean_the_same_afterwards_and_are_old_no_more() {
    let world = World::new();
    let before = world.told().await;
    let answer = world.run(&Event::default()).await;
    assert_eq!((answer.done, counts(&answer)), (true, CHANGED.to_vec()));
    let completed: Vec<_> = before.into_iter().map(Told::completed).collect();
    assert_eq!(world.told().await, completed);
    for (key, item) in world.table("chats") {
        assert_eq!(item["v"], json!({ "N": "1" }), "{key}");
        assert!(item.get("agent").is_none(), "{key}");
    }
}

#[tokio::test]
async fn the_second_run_does_nothing() {
    let world = World::new();
    let first = world.run(&small_pages()).await;
    let (chats, directory) = (world.table("chats"), world.table("directory"));
    let calls = world.gate.calls();
    let second = world.run(&small_pages()).await;
    assert_eq!((first.done, counts(&second)), (true, CHANGED.to_vec()));
    assert_eq!((world.table("chats"), world.table("directory")), (chats, directory));
    // An attempt at the lease, and a look at the record.
    assert_eq!(world.gate.calls() - calls, 2 * CHANGED.len());
}

#[tokio::test]
async fn a_migration_finds_nothing_left_in_what_it_made() {
    let world = World::new();
    world.run(&small_pages()).await;
    let chats = world.table("chats");
    world.forget();
    let answer = world.run(&small_pages()).await;
    assert!(answer.done);
    assert!(answer.migrations.iter().all(|outcome| (outcome.counts.seen, outcome.counts.changed) == (20, 0)));
    assert_eq!(world.table("chats"), chats);
}

#[tokio::test]
async fn how_small_the_pages_are_and_how_many_the_segments_changes_nothing() {
    let expected = World::migrated().await;
    for (segments, page_items) in [(1, 1), (1, 1_000), (7, 2), (64, 100)] {
        let world = World::new();
        let answer = world.run(&Event { segments, page_items, ..small_pages() }).await;
        assert_eq!((answer.done, counts(&answer)), (true, CHANGED.to_vec()), "{segments} {page_items}");
        assert!(answer.migrations.iter().all(|outcome| outcome.counts.seen == 20));
        assert_eq!(world.table("chats"), expected);
    }
}

#[tokio::test]
async fn a_dry_run_counts_and_changes_nothing() {
    let world = World::new();
    let (chats, directory) = (world.table("chats"), world.table("directory"));
    let answer = world.run(&Event { dry_run: true, ..small_pages() }).await;
    assert_eq!((world.table("chats"), world.table("directory")), (chats, directory));
    assert!(answer.done && answer.dry_run);
    assert!(answer.migrations.iter().all(|outcome| outcome.state == State::Counted));
    assert_eq!(counts(&answer), CHANGED);
}

#[tokio::test]
async fn what_nobody_understands_is_reported_and_stops_nobody() {
    let world = World::new();
    let stranger = old_message(OLD_CHAT, 91, "wizard", &json!("abracadabra"));
    let odd = old_message(OLD_CHAT, 92, "human", &json!([{ "song": "la" }]));
    world.put(&stranger);
    world.put(&odd);
    let answer = world.run(&small_pages()).await;
    assert!(answer.done);
    let expected = [
        ("0001_roles", 8, 1),
        ("0002_content_version", 9, 2),
        ("0003_created_by", 2, 2),
        ("0004_agent_id", 2, 0),
    ];
    assert_eq!(counts(&answer), expected);
    let named = |outcome: &migrate::Outcome| -> Vec<_> {
        let mut named: Vec<_> = outcome.refusals.iter().map(|refusal| refusal.key.item.clone()).collect();
        named.sort();
        named
    };
    assert_eq!(named(&answer.migrations[0]), ["msg#000000000091"]);
    assert_eq!(named(&answer.migrations[1]), ["msg#000000000091", "msg#000000000092"]);
    assert_eq!(answer.migrations[0].refusals[0].reason, "its role is not known");
    let stored = world.table("chats");
    assert_eq!(stored[&format!("{OLD_CHAT}/msg#000000000091")], stranger);
    // A migration that refuses is applied all the same: whoever mends the item need not wait for it.
    assert_eq!(world.run(&small_pages()).await.migrations.len(), 4);
}

#[tokio::test]
async fn one_migration_can_be_applied_alone() {
    let world = World::new();
    let only = |name: &str| Event { only: Some(name.to_owned()), ..small_pages() };
    let answer = world.run(&only("0004_agent_id")).await;
    assert_eq!(counts(&answer), [("0004_agent_id", 2, 0)]);
    assert!(world.run(&small_pages()).await.done);
    assert_eq!(world.table("chats"), World::migrated().await);
}

#[tokio::test]
async fn the_function_answers_in_json() {
    let world = World::new();
    let function = migrate::function(world.config.clone());
    let deadline_ms = edge::SystemClock.now().plus_ms(900_000).0;
    let invocation = Invocation::new("r", deadline_ms);
    let answer = function.call(json!({ "segments": 1 }), invocation.clone()).await.unwrap();
    insta::assert_json_snapshot!(answer);
    let refused = function.call(json!({ "segments": "all" }), invocation).await.unwrap_err();
    assert_eq!(refused.error_type, "BadEvent");
}

#[tokio::test]
async fn what_a_deleted_chat_left_to_its_forks_stays_nobodys() {
    let world = World::new();
    let key = json!({ "S": OLD_CHAT.to_string() });
    world.put(&json!({
        "chat": key, "item": { "S": "chat" }, "v": { "N": "1" }, "gone": { "S": "1" }, "fk": { "N": "7" },
    }));
    let answer = world.run(&small_pages()).await;
    assert!(answer.done);
    // Of the other chat.
    assert_eq!(counts(&answer)[2], ("0003_created_by", 1, 0));
}

#[tokio::test]
async fn a_run_without_time_changes_nothing_and_lets_go() {
    let world = World::new();
    let answer = world.run_until(&small_pages(), world.clock.now()).await;
    assert_eq!((answer.done, answer.migrations[0].state), (false, State::Unfinished));
    let states: Vec<Value> =
        world.table("directory").into_values().filter(|item| item["item"]["S"] == "state").collect();
    assert!(states.iter().all(|state| state.get("run").is_none()), "{states:?}");
    assert!(world.run(&small_pages()).await.done);
}
