use serde_json::{Value, json};

use super::world::{Ask, World, saying};

const LIST: &str = "GET /v1/chats/{chat}/messages";

async fn world() -> World {
    let world = World::at_rest().await;
    for text in ["second", "third"] {
        world.ask("POST /v1/chats/{chat}/messages", saying(text)).await;
    }
    world
}

async fn ids(world: &World, query: &'static str) -> Value {
    let body = world.ask(LIST, Ask { query, ..Ask::default() }).await["body"].take();
    let ids: Vec<_> = body["messages"].as_array().unwrap().iter().map(|m| m["id"].clone()).collect();
    json!([ids, body["has_more"], body["queued_messages"].as_array().unwrap().len()])
}

#[tokio::test]
async fn the_newest_come_first_with_the_queue() {
    let world = world().await;
    insta::assert_json_snapshot!(world.ask(LIST, Ask::default()).await["body"]);
}

#[tokio::test]
async fn pages_go_back_and_forth() {
    let world = world().await;
    assert_eq!(ids(&world, "limit=2").await, json!([[3, 2], true, 1]));
    assert_eq!(ids(&world, "limit=2&before_id=2").await, json!([[1], false, 0]));
    assert_eq!(ids(&world, "limit=2&after_id=0001").await, json!([[2, 3], false, 0]));
    assert_eq!(ids(&world, "limit=1&after_id=1").await, json!([[2], true, 0]));
    assert_eq!(ids(&world, "after_id=1&before_id=3").await, json!([[2], false, 0]));
    assert_eq!(ids(&world, "after_id=99").await, json!([[], false, 0]));
}

#[tokio::test]
async fn a_long_page_is_read_in_short_ones() {
    let world = World::at_rest().await;
    world.talk(22, "more").await;
    world.faults.clear();
    let all: Vec<u64> = (1..=46).rev().collect();
    assert_eq!(ids(&world, "limit=200").await, json!([all, false, 0]));
    assert_eq!(reads(&world), 3);
    assert_eq!(ids(&world, "limit=40").await, json!([all[..40], true, 0]));
    assert_eq!(ids(&world, "limit=46").await, json!([all, false, 0]));
    let onward: Vec<u64> = (2..=31).collect();
    assert_eq!(ids(&world, "limit=30&after_id=1").await, json!([onward, true, 0]));
    let between: Vec<u64> = (3..=44).rev().collect();
    assert_eq!(ids(&world, "limit=200&after_id=2&before_id=45").await, json!([between, false, 0]));
}

#[tokio::test]
async fn a_reply_ends_where_it_would_be_too_large_and_no_more_is_read() {
    let world = World::at_rest().await;
    world.talk(20, &"x".repeat(500_000)).await;
    world.faults.clear();
    let newest: Vec<u64> = (27..=42).rev().collect();
    assert_eq!(ids(&world, "limit=200").await, json!([newest, true, 0]));
    assert_eq!(reads(&world), 1);
}

fn reads(world: &World) -> usize {
    world.faults.calls().iter().filter(|call| **call == "messages").count()
}

#[tokio::test]
async fn bad_pages_name_the_parameter() {
    let world = world().await;
    let queries = [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=",
        "before_id=0",
        "after_id=-1",
        "after_id=1.5",
        "before_id=2&after_id=2",
        "limit=1&limit=2",
    ];
    let mut told = Vec::new();
    for query in queries {
        let reply = world.ask(LIST, Ask { query, ..Ask::default() }).await;
        told.push(format!("{query} → {} {}", reply["statusCode"], reply["body"]["message"]));
    }
    insta::assert_debug_snapshot!(told);
}
