//! Sockets: what is asked on them, sensible or not, and what watchers hear.

use chat::{id::ChatId, record::Status};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use view::View;

use crate::support::{Follower, Socket, Truth, World, say};

const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

async fn is_open(socket: &mut Socket) {
    let pong = socket.ask(&json!({"action": "ping", "id": "still there?"})).await;
    assert_eq!((&pong["type"], &pong["id"]), (&json!("pong"), &json!("still there?")));
}

#[tokio::test]
async fn nonsense_is_refused_and_the_socket_stays_open() {
    let world = World::start().await;
    let id = world.api.idle().await;
    let mut socket = world.socket().await;
    let cases = [
        "{",
        "null",
        "5",
        "[]",
        "\"ping\"",
        "{}",
        r#"{"action": 5}"#,
        r#"{"action": null}"#,
        r#"{"action": "dance"}"#,
        r#"{"action": "$connect"}"#,
        r#"{"action": "ping", "loud": true}"#,
        r#"{"action": "subscribe"}"#,
        r#"{"action": "subscribe", "chat_id": "nonsense"}"#,
        r#"{"action": "subscribe", "chat_id": 5}"#,
        &format!(r#"{{"action": "subscribe", "chat_id": "{NOBODY}"}}"#),
        &format!(r#"{{"action": "subscribe", "chat_id": "{NOBODY}", "cursor": 5}}"#),
        &format!(r#"{{"action": "subscribe", "chat_id": "{NOBODY}", "cursor": {{"seq": -1}}}}"#),
        &format!(r#"{{"action": "subscribe", "chat_id": "{NOBODY}", "from": "start"}}"#),
        r#"{"action": "unsubscribe"}"#,
        r#"{"action": "watch", "chat_id": "all"}"#,
        r#"{"action": "inbox", "filters": {"colour": "red"}}"#,
        r#"{"action": "inbox", "filters": {"read_status": "half"}}"#,
        &format!(r#"{{"action": "ping", "id": "{}"}}"#, "x".repeat(300)),
    ];
    let mut seen = String::new();
    for case in cases {
        socket.send_raw(Message::text(case)).await;
        let answer = socket.only().await;
        assert_eq!(answer["type"], "refused", "{case}");
        seen += &format!("{:.90}\n    {answer}\n", case);
    }
    insta::assert_snapshot!(seen);
    is_open(&mut socket).await;
    // The same socket is as good as new.
    let mut follower = Follower::subscribing(socket, View::new(id)).await;
    follower.until("caught_up", |view| !view.is_catching_up()).await;
    assert_eq!(follower.view.content().status, Some(Status::Waiting));
}

/// A message of which no route can be read goes to `$default` (API Gateway Developer Guide, "Create routes for WebSocket APIs
/// in API Gateway"). ministack fails at both and ends the socket.
#[tokio::test]
async fn what_is_no_json_at_all_is_refused_as_well() {
    let world = World::start().await;
    if world.is_on_ministack() {
        return;
    }
    let mut socket = world.socket().await;
    for case in ["", &"[".repeat(30_000)] {
        socket.send_raw(Message::text(case)).await;
        let answer = socket.only().await;
        assert_eq!((&answer["type"], &answer["code"]), (&json!("refused"), &json!("invalid_request")));
    }
    is_open(&mut socket).await;
}

/// API Gateway has limits of messages and closes with 1003 or 1009 (API Gateway Developer Guide, "Quotas for configuring and
/// running a WebSocket API"). ministack has none, and takes bytes for text.
#[tokio::test]
async fn bytes_and_messages_too_long_end_the_socket_as_api_gateway_ends_it() {
    let world = World::start().await;
    if world.is_on_ministack() {
        return;
    }
    let mut socket = world.socket().await;
    socket.send_raw(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(socket.closed().await.map(|frame| frame.code.into()), Some(1003_u16));
    let mut socket = world.socket().await;
    socket.send_raw(Message::text("x".repeat(128 * 1024 + 1))).await;
    assert_eq!(socket.closed().await.map(|frame| frame.code.into()), Some(1009_u16));
}

#[tokio::test]
async fn a_cursor_from_nowhere_is_caught_up_all_the_same() {
    let world = World::start().await;
    let id = world.api.create(&say("/pace 1\n/say hello")).await;
    Follower::of(&world, id).await.until_rest(2).await;
    let mut socket = world.socket().await;
    let (none, far) = (json!(0), json!(1_000_000_000));
    for (snapshot, episode) in [(&none, &none), (&none, &far), (&far, &none), (&far, &far), (&json!(1), &far)]
    {
        let cursor = json!({
            "snapshot_version": snapshot, "history_version": episode, "generation_attempt": episode, "seq": episode,
        });
        socket.send(&json!({"action": "subscribe", "chat_id": id, "cursor": cursor})).await;
        let caught_up = socket.hear("caught_up").await;
        assert!(caught_up["cursor"]["snapshot_version"].as_u64() < Some(100), "{caught_up}");
    }
}

#[tokio::test]
async fn one_socket_follows_many_chats_until_it_unsubscribes() {
    let world = World::start().await;
    let (one, other) = (world.api.idle().await, world.api.idle().await);
    let mut socket = world.socket().await;
    for id in [one, other] {
        socket.send(&json!({"action": "subscribe", "chat_id": id})).await;
        assert_eq!(socket.hear("caught_up").await["chat_id"], json!(id));
    }
    for id in [one, other] {
        world.api.patch(&format!("/chats/{id}"), &json!({"title": "New"})).await.json(200);
        let told = socket.only().await;
        assert_eq!(
            (&told["type"], &told["chat_id"], &told["chat"]["title"]),
            (&json!("chat"), &json!(id), &json!("New"))
        );
    }
    let bye = socket.ask(&json!({"action": "unsubscribe", "chat_id": one})).await;
    assert_eq!(bye, json!({"type": "unsubscribed", "chat_id": one}));
    for id in [one, other] {
        world.api.patch(&format!("/chats/{id}"), &json!({"title": "Newer"})).await.json(200);
    }
    assert_eq!(socket.only().await["chat_id"], json!(other));
    // Neither is it an error where there is no subscription.
    let bye = socket.ask(&json!({"action": "unsubscribe", "chat_id": NOBODY})).await;
    assert_eq!(bye["type"], "unsubscribed");
}

#[tokio::test]
async fn all_sockets_of_a_chat_hear_the_same() {
    let world = World::start().await;
    let id = world.api.idle().await;
    let (mut one, mut other) = (Follower::of(&world, id).await, Follower::of(&world, id).await);
    let twice = world.socket().await;
    let mut twice = Follower::subscribing(twice, View::new(id)).await;
    twice.until("caught_up", |view| !view.is_catching_up()).await;
    world.api.say(id, "/pace 10\n/text 30").await;
    for follower in [&mut one, &mut other, &mut twice] {
        follower.until_rest(2).await;
    }
    let truth = Truth::of(&world.api, id).await;
    for follower in [&one, &other, &twice] {
        truth.is_shown_by(&follower.view, "a follower");
    }
    // A socket that goes without a word does not disturb the others.
    drop(other);
    world.api.say(id, "/say on").await;
    one.until_rest(4).await;
}

#[tokio::test]
async fn pings_and_the_inbox_are_answered() {
    let world = World::start().await;
    let mut socket = world.socket().await;
    let pong = socket.ask(&json!({"action": "ping"})).await;
    assert_eq!((&pong["type"], pong.get("id")), (&json!("pong"), None));
    let pong = socket.ask(&json!({"action": "ping", "id": {"any": ["json", 1]}})).await;
    assert_eq!(pong["id"], json!({"any": ["json", 1]}));
    let open = json!({"type": "inbox_open", "unread_count": 0});
    assert_eq!(socket.ask(&json!({"action": "inbox"})).await, open);
    let filters = json!({"read_status": "unread", "targets": [], "templates": []});
    assert_eq!(socket.ask(&json!({"action": "inbox", "filters": filters})).await, open);
}

#[tokio::test]
async fn watchers_hear_of_all_chats() {
    let world = World::start().await;
    let api = &world.api;
    let mut socket = world.socket().await;
    assert_eq!(socket.ask(&json!({"action": "watch"})).await, json!({"type": "watching"}));

    let tools = json!([{"name": "ask", "input_schema": {"type": "object"}}]);
    let id = api.create(&json!({"content": [], "title": "Watched", "client_tools": tools})).await;
    let created = news(&mut socket, id, "chat_created").await;
    assert_eq!(created["chat"], json!(api.chat(id).await));

    api.say(id, "/pace 1\n/call ask {\"n\": 1}").await;
    until_status(&mut socket, id, "running").await;
    let asked = news(&mut socket, id, "action_required").await;
    assert_eq!(asked["tool_calls"][0]["args"], json!({"n": 1}));
    assert!(asked["tool_calls"][0]["deadline_at"].as_str().unwrap().ends_with('Z'));
    api.act(&format!("/chats/{id}/interrupt")).await.json(200);
    until_status(&mut socket, id, "waiting").await;

    api.patch(&format!("/chats/{id}"), &json!({"archived": true})).await.json(200);
    assert_eq!(news(&mut socket, id, "chat_updated").await["chat"]["archived"], true);
    api.delete(&format!("/chats/{id}")).await.empty();
    assert_eq!(news(&mut socket, id, "chat_deleted").await["chat"]["title"], "Watched");

    socket.send(&json!({"action": "unwatch"})).await;
    socket.hear("unwatched").await;
    api.idle().await;
    is_open(&mut socket).await;
}

/// The next news of this type about this chat; a shared stack has others.
async fn news(socket: &mut Socket, id: ChatId, kind: &str) -> Value {
    loop {
        let entry = socket.hear(kind).await;
        if entry["chat"]["id"] == json!(id) || entry["chat_id"] == json!(id) {
            return entry;
        }
    }
}

async fn until_status(socket: &mut Socket, id: ChatId, status: &str) {
    while news(socket, id, "chat_updated").await["chat"]["status"] != status {}
}

#[tokio::test]
async fn what_no_frame_can_hold_is_fetched() {
    let world = World::start().await;
    let id = world.api.idle().await;
    let mut follower = Follower::of(&world, id).await;
    let large = format!("/pace 0\n/text 20000\n{}", "x".repeat(200_000));
    world.api.say(id, &large).await;
    follower.until_rest(2).await;
    world.api.say(id, "/say small").await;
    follower.until_rest(4).await;
    for mut follower in [follower, Follower::of(&world, id).await] {
        for frame in &follower.heard {
            let events = serde_json::from_str::<Vec<Value>>(frame).unwrap().len();
            let most = if events == 1 { 128 } else { 32 };
            assert!(frame.len() <= most * 1024, "{events} events in {} bytes", frame.len());
        }
        let missing = follower.view.missing_content();
        assert_eq!(missing.first().map(|id| id.0), Some(1), "the message is larger than any frame");
        let truth = Truth::of(&world.api, id).await;
        for id in missing {
            follower.view.fill(truth.history[&id].clone());
        }
        truth.is_shown_by(&follower.view, "the follower");
    }
}

#[tokio::test]
async fn a_deleted_chat_cannot_be_followed_any_more() {
    let world = World::start().await;
    let id = world.api.idle().await;
    let mut socket = world.socket().await;
    socket.send(&json!({"action": "subscribe", "chat_id": id})).await;
    let cursor = socket.hear("caught_up").await["cursor"].take();
    world.api.patch(&format!("/chats/{id}"), &json!({"archived": true})).await.json(200);
    let archived = socket.hear("chat").await["snapshot_version"].as_u64();
    world.api.delete(&format!("/chats/{id}")).await.empty();
    let deleted = socket.hear("chat").await["snapshot_version"].as_u64();
    assert_eq!(deleted, archived.map(|version| version + 1), "who listens hears of it");
    socket.send(&json!({"action": "subscribe", "chat_id": id, "cursor": cursor})).await;
    let refused = socket.hear("refused").await;
    assert_eq!((&refused["code"], &refused["chat_id"]), (&json!("not_found"), &json!(id)));
    is_open(&mut socket).await;
}
