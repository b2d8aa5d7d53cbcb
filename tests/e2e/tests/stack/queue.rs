//! What is said to a busy chat.

use chat::{id::ChatId, record::Status};
use serde_json::{Value, json};

use crate::support::{Follower, Truth, World, said, say};

/// A chat that is busy for as long as nobody stops it.
async fn busy(world: &World) -> (ChatId, Follower) {
    let id = world.api.create(&say("/pace 20\n/text 3000")).await;
    let mut follower = Follower::of(world, id).await;
    follower.until_streams().await;
    (id, follower)
}

fn when_busy(text: &str, when_busy: &str) -> Value {
    json!({"content": say(text)["content"], "when_busy": when_busy})
}

/// What people and the model said, in order.
fn talk(truth: &Truth) -> Vec<String> {
    truth.history.values().map(said).collect()
}

async fn ends(world: &World, follower: &mut Follower, messages: usize) -> Truth {
    follower.until_rest(messages).await;
    let truth = Truth::of(&world.api, follower.view.chat_id()).await;
    truth.is_shown_by(&follower.view, "the follower");
    assert_eq!(truth.history.len(), messages);
    truth
}

#[tokio::test]
async fn queued_messages_run_one_a_turn_in_order() {
    let world = World::start().await;
    let (id, mut follower) = busy(&world).await;
    for (index, text) in ["/say one", "/say two", "/say three", "/say four"].into_iter().enumerate() {
        let sent = world.api.say(id, text).await;
        assert_eq!(sent["queued"], true);
        assert_eq!(sent["queued_message"]["id"], index + 1);
        assert_eq!(sent.get("message"), None);
    }
    let edited = world.api.patch(&format!("/chats/{id}/queue/2"), &say("/say zwei")).await.json(200);
    assert_eq!((&edited["id"], &edited["content"]), (&json!(2), &say("/say zwei")["content"]));
    world.api.delete(&format!("/chats/{id}/queue/3")).await.empty();
    assert_eq!(world.api.delete(&format!("/chats/{id}/queue/3")).await.refused(404), "not_found");
    let edit = world.api.patch(&format!("/chats/{id}/queue/3"), &say("gone")).await;
    assert_eq!(edit.refused(404), "not_found");
    let waiting = world.api.page(id, "").await.queued_messages;
    assert_eq!(waiting.iter().map(|queued| queued.id.0).collect::<Vec<_>>(), [1, 2, 4]);
    assert_eq!(world.api.page(id, "?after_id=1").await.queued_messages, [], "only without ids");
    assert_eq!(world.api.chat(id).await.queued_count, 3);

    let promoted = world.api.act(&format!("/chats/{id}/queue/4/promote")).await.json(200);
    assert_eq!(promoted["queued"], true, "the running step has yet to stop: {promoted}");
    let truth = ends(&world, &mut follower, 8).await;
    assert_eq!(talk(&truth)[2..], ["/say four", "four", "/say one", "one", "/say zwei", "zwei"]);
    assert_eq!(world.api.act(&format!("/chats/{id}/queue/4/promote")).await.refused(404), "not_found");
}

#[tokio::test]
async fn steering_joins_at_the_next_step() {
    let world = World::start().await;
    let id = world.api.idle().await;
    let mut follower = Follower::of(&world, id).await;
    world.api.say(id, "/pace 15\n/text 150").await;
    follower.until_streams().await;
    assert_eq!(world.api.say(id, "/say queued").await["queued"], true);
    let steered = world.api.send(id, &when_busy("/say steered", "steer")).await.json(200);
    assert_eq!(steered["queued"], true);
    let truth = ends(&world, &mut follower, 6).await;
    assert_eq!(talk(&truth)[2..], ["/say steered", "steered", "/say queued", "queued"]);
}

#[tokio::test]
async fn at_rest_everything_is_a_plain_send() {
    let world = World::start().await;
    let id = world.api.idle().await;
    let mut follower = Follower::of(&world, id).await;
    for (index, mode) in ["queue", "interrupt", "steer", "reject"].into_iter().enumerate() {
        let sent = world.api.send(id, &when_busy("/say yes", mode)).await.json(200);
        assert_eq!(sent["queued"], false, "{mode}");
        assert_eq!(sent["message"]["id"], 2 * index + 1, "{mode}");
        follower.until_rest(2 * index + 2).await;
    }
}

#[tokio::test]
async fn an_interrupting_message_ends_the_turn_and_runs() {
    let world = World::start().await;
    let (id, mut follower) = busy(&world).await;
    world.api.say(id, "/say later").await;
    let sent = world.api.send(id, &when_busy("/say now", "interrupt")).await.json(200);
    assert_eq!(sent["queued"], true);
    let truth = ends(&world, &mut follower, 6).await;
    let talk = talk(&truth);
    assert!(talk[1].starts_with("every line"), "what was written stays: {}", talk[1]);
    assert_eq!(talk[2..], ["/say now", "now", "/say later", "later"]);
}

#[tokio::test]
async fn an_interrupted_turn_keeps_what_it_wrote() {
    let world = World::start().await;
    let (id, mut follower) = busy(&world).await;
    let chat = world.api.act(&format!("/chats/{id}/interrupt")).await.json(200);
    assert_eq!(chat["status"], "interrupting");
    let truth = ends(&world, &mut follower, 2).await;
    let written = &talk(&truth)[1];
    assert!(written.starts_with("every line") && written.len() < 10_000);
    assert_eq!(truth.chat.status, Status::Waiting);
    let again = world.api.act(&format!("/chats/{id}/interrupt")).await;
    assert_eq!(again.refused(409), "not_running");
    world.api.say(id, "/say on").await;
    assert_eq!(talk(&ends(&world, &mut follower, 4).await)[3], "on");
}

#[tokio::test]
async fn a_busy_chat_rejects_those_who_do_not_wait() {
    let world = World::start().await;
    let (id, mut follower) = busy(&world).await;
    let reply = world.api.send(id, &when_busy("now or never", "reject")).await;
    assert_eq!(reply.refused(409), "chat_busy");
    assert_eq!(world.api.page(id, "").await.queued_messages, []);
    world.api.act(&format!("/chats/{id}/interrupt")).await.json(200);
    ends(&world, &mut follower, 2).await;
}

#[tokio::test]
async fn a_full_queue_takes_no_more() {
    let world = World::start().await;
    let (id, mut follower) = busy(&world).await;
    for _ in 0..20 {
        assert_eq!(world.api.say(id, "/say more").await["queued"], true);
    }
    for mode in ["queue", "steer", "interrupt"] {
        let reply = world.api.send(id, &when_busy("one too many", mode)).await;
        assert_eq!(reply.refused(429), "queue_full", "{mode}");
        assert!(reply.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    }
    assert_eq!(world.api.chat(id).await.queued_count, 20);
    assert_eq!(world.api.chat(id).await.status, Status::Running, "a refused interruption interrupts nothing");
    // An edit empties the queue.
    world.api.patch(&format!("/chats/{id}/messages/1"), &say("/say anew")).await.json(200);
    let truth = ends(&world, &mut follower, 2).await;
    assert_eq!(talk(&truth), ["/say anew", "anew"]);
}
