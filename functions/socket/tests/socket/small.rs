//! `watch`, `unwatch`, `inbox`, `ping`.

use chat::{
    id::ConnectionId,
    limit::LISTENERS,
    port::{Clock as _, KeepSockets as _},
};
use kit::seed;
use serde_json::{Value, json};

use crate::world::{World, socket};

#[tokio::test]
async fn watching_begins_and_ends() {
    let world = World::new().await;
    assert_eq!(json!(world.say(json!({ "action": "watch" })).await), json!([[{ "type": "watching" }]]));
    assert_eq!(world.watchers().await, [socket()]);
    for _ in 0..2 {
        let told = world.say(json!({ "action": "unwatch" })).await;
        assert_eq!(json!(told), json!([[{ "type": "unwatched" }]]));
        assert!(world.watchers().await.is_empty());
    }
}

#[tokio::test]
async fn a_person_watches_with_a_bounded_number_of_sockets() {
    let world = World::new().await;
    let (user, until) = (seed::person().user_id, world.clock.now().plus_ms(60_000));
    for n in 0..LISTENERS {
        world.memory.watch(user, &ConnectionId::from(format!("socket-{n}").as_str()), until).await.unwrap();
    }
    let told = world.say(json!({ "action": "watch" })).await;
    let refused = json!([[{
        "type": "refused", "action": "watch", "code": "too_many_watchers",
        "message": "200 sockets watch already",
    }]]);
    assert_eq!(json!(told), refused);
    world.memory.unwatch(user, &"socket-7".into()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(world.say(json!({ "action": "watch" })).await[0][0]["type"], "watching");
    }
}

#[tokio::test]
async fn what_cannot_be_done_now_is_refused() {
    let world = World::new().await;
    for (call, action) in [("watchers", "watch"), ("watch", "watch"), ("unwatch", "unwatch")] {
        world.fail(call);
        let refused = json!([[{
            "type": "refused", "action": action, "code": "unavailable",
            "message": "the service is temporarily unavailable",
        }]]);
        assert_eq!(json!(world.say(json!({ "action": action })).await), refused);
    }
}

#[tokio::test]
async fn the_inbox_is_open_and_empty() {
    let world = World::new().await;
    let filters = json!({ "targets": ["t"], "templates": [], "read_status": "unread" });
    for filters in [Value::Null, json!({}), filters] {
        let told = world.say(json!({ "action": "inbox", "filters": filters })).await;
        assert_eq!(json!(told), json!([[{ "type": "inbox_open", "unread_count": 0 }]]));
    }
    assert_eq!(world.say(json!({ "action": "inbox" })).await[0][0]["type"], "inbox_open");
}

#[tokio::test]
async fn a_ping_is_answered_with_its_id() {
    let world = World::new().await;
    let at = "2026-01-01T00:00:00.000Z";
    for id in [json!("a"), json!(7), json!(1.5), json!({ "n": [true] }), json!("ü".repeat(127))] {
        let told = world.say(json!({ "action": "ping", "id": id })).await;
        assert_eq!(json!(told), json!([[{ "type": "pong", "id": id, "at": at }]]));
    }
    for ping in [json!({ "action": "ping" }), json!({ "action": "ping", "id": null })] {
        assert_eq!(json!(world.say(ping).await), json!([[{ "type": "pong", "at": at }]]));
    }
    let long = world.say(json!({ "action": "ping", "id": "x".repeat(255) })).await;
    assert_eq!(long[0][0]["message"], "id: is longer than 256 bytes");
}

#[tokio::test]
async fn nobody_is_harmed_when_the_answer_does_not_go_out() {
    let world = World::new().await;
    world.fail("tell");
    assert!(world.say(json!({ "action": "ping" })).await.is_empty());
    world.sockets.close(&socket());
    assert!(world.say(json!({ "action": "ping" })).await.is_empty());
}
