//! The same request twice.

use chat::view::ChatView;
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Follower, Reply, Truth, World, say};

async fn keyed(world: &World, path: &str, key: &str, body: &Value) -> Reply {
    let key = format!("{key} {}", world.word);
    Reply::to(world.api.request(Method::POST, path).header("idempotency-key", key).json(body)).await
}

/// The body of a chat that the list of marked chats shows.
fn marked(world: &World) -> Value {
    json!({"content": say("/pace 1\n/say once")["content"], "labels": {"run": world.word}})
}

fn is_replay(reply: &Reply) -> bool {
    match reply.header("idempotent-replay") {
        Some("true") => true,
        None => false,
        other => panic!("idempotent-replay: {other:?}"),
    }
}

#[tokio::test]
async fn a_chat_is_created_once_for_a_key() {
    let world = World::start().await;
    let body = marked(&world);
    let first = keyed(&world, "/chats", "a key", &body).await;
    let again = keyed(&world, "/chats", "a key", &body).await;
    assert!(!is_replay(&first) && is_replay(&again));
    assert_eq!((again.status.as_u16(), &again.text), (201, &first.text));
    let other = keyed(&world, "/chats", "a key", &say("else")).await;
    assert_eq!(other.refused(409), "idempotency_mismatch");
    let another = keyed(&world, "/chats", "another key", &body).await;
    assert!(!is_replay(&another) && another.text != first.text);
    assert_eq!(world.marked().await.len(), 2);
}

#[tokio::test]
async fn a_message_is_sent_once_for_a_key() {
    let world = World::start().await;
    let id = world.api.idle().await;
    let mut follower = Follower::of(&world, id).await;
    let (path, body) = (format!("/chats/{id}/messages"), say("/pace 1\n/say once"));
    let first = keyed(&world, &path, "k", &body).await;
    assert_eq!(first.json(200)["message"]["id"], 1);
    follower.until_rest(2).await;
    let again = keyed(&world, &path, "k", &body).await;
    assert!(is_replay(&again));
    assert_eq!((again.status.as_u16(), &again.text), (200, &first.text));
    assert_eq!(keyed(&world, &path, "k", &say("else")).await.refused(409), "idempotency_mismatch");
    // Another chat has keys of its own.
    let other = world.api.idle().await;
    assert!(!is_replay(&keyed(&world, &format!("/chats/{other}/messages"), "k", &body).await));
    assert_eq!(Truth::of(&world.api, id).await.history.len(), 2);
}

#[tokio::test]
async fn a_fork_is_made_once_for_a_key() {
    let world = World::start().await;
    let id = world.api.create(&marked(&world)).await;
    Follower::of(&world, id).await.until_rest(2).await;
    let (path, body) = (format!("/chats/{id}/fork"), json!({"message_id": 2}));
    let first = keyed(&world, &path, "k", &body).await;
    let again = keyed(&world, &path, "k", &body).await;
    assert!(is_replay(&again));
    assert_eq!((again.status.as_u16(), &again.text), (201, &first.text));
    assert_eq!(
        keyed(&world, &path, "k", &json!({"message_id": 1})).await.refused(409),
        "idempotency_mismatch"
    );
    assert_eq!(world.marked().await.len(), 2);
}

#[tokio::test]
async fn doubles_at_the_same_time_create_one() {
    let world = World::start().await;
    let body = marked(&world);
    let doubles = join_all((0..8).map(|_| keyed(&world, "/chats", "a key", &body))).await;
    let chats: Vec<ChatView> = doubles.iter().map(|reply| reply.read(201)).collect();
    assert!(chats.iter().all(|chat| chat.id == chats[0].id));
    assert_eq!(doubles.iter().filter(|reply| !is_replay(reply)).count(), 1);

    let id = chats[0].id;
    let mut follower = Follower::of(&world, id).await;
    follower.until_rest(2).await;
    let (path, body) = (format!("/chats/{id}/messages"), say("/pace 1\n/say once"));
    let doubles = join_all((0..8).map(|_| keyed(&world, &path, "a key", &body))).await;
    for reply in &doubles {
        assert_eq!(reply.json(200), doubles[0].json(200));
    }
    assert_eq!(doubles.iter().filter(|reply| !is_replay(reply)).count(), 1);
    follower.until_rest(4).await;
    assert_eq!(Truth::of(&world.api, id).await.history.len(), 4);
    assert_eq!(world.marked().await.len(), 1);
}

#[tokio::test]
async fn a_request_that_was_refused_may_be_made_again_with_its_key() {
    let world = World::start().await;
    let id = world.api.idle().await;
    let path = format!("/chats/{id}/messages");
    let archive =
        |archived: bool| world.api.patch_owned(format!("/chats/{id}"), json!({"archived": archived}));
    archive(true).await.json(200);
    assert_eq!(keyed(&world, &path, "k", &say("/say x")).await.refused(409), "chat_archived");
    archive(false).await.json(200);
    assert_eq!(keyed(&world, &path, "k", &say("/say x")).await.json(200)["queued"], false);
}

#[tokio::test]
async fn bad_keys_are_refused() {
    let world = World::start().await;
    let send = async |key: &str| {
        let request = world.api.request(Method::POST, "/chats").header("idempotency-key", key);
        Reply::to(request.json(&marked(&world))).await
    };
    for key in ["", &"k".repeat(129)] {
        assert_eq!(send(key).await.json(400)["fields"][0]["field"], "Idempotency-Key");
    }
    assert_eq!(world.marked().await.len(), 0);
    send(&format!("{:k<128}", world.word)).await.json(201);
    assert_eq!(world.marked().await.len(), 1);
}
