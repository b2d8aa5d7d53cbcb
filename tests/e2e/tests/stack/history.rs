//! Histories: edited, forked, forgotten, put away and deleted.

use chat::{
    id::{ChatId, MessageId},
    record::Status,
    view::ChatView,
};
use serde_json::json;

use crate::support::{Follower, Truth, World, said, say};

/// A chat at rest in which this was said, each answered.
async fn told(world: &World, texts: &[&str]) -> (ChatId, Follower) {
    let id = world.api.idle().await;
    let mut follower = Follower::of(world, id).await;
    for (index, text) in texts.iter().enumerate() {
        world.api.say(id, &format!("/pace 1\n/say {text}")).await;
        follower.until_rest(2 * index + 2).await;
    }
    (id, follower)
}

fn answers(truth: &Truth) -> Vec<String> {
    truth.history.values().skip(1).step_by(2).map(said).collect()
}

#[tokio::test]
async fn an_edit_cuts_the_history() {
    let world = World::start().await;
    let (id, mut follower) = told(&world, &["one", "two", "three"]).await;
    let path = |message: u64| format!("/chats/{id}/messages/{message}");
    assert_eq!(world.api.patch(&path(2), &say("x")).await.status, 400, "an answer cannot be edited");
    assert_eq!(world.api.patch(&path(9), &say("x")).await.refused(404), "not_found");

    let edited = world.api.patch(&path(3), &say("/say zwei")).await.json(200);
    assert_eq!(edited["deleted_message_ids"], json!([3, 4, 5, 6]));
    assert_eq!((&edited["message"]["id"], &edited["message"]["role"]), (&json!(7), &json!("user")));
    follower.until("the new answer", |view| view.content().history.contains_key(&MessageId(8))).await;
    follower.until_rest(4).await;
    let truth = Truth::of(&world.api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    assert_eq!(truth.history.keys().map(|id| id.0).collect::<Vec<_>>(), [1, 2, 7, 8]);
    assert_eq!(answers(&truth), ["one", "zwei"]);
    assert_eq!(world.api.patch(&path(5), &say("x")).await.refused(404), "not_found", "it is gone");
}

#[tokio::test]
async fn pages_of_history_join_without_gaps() {
    let world = World::start().await;
    let (id, mut follower) = told(&world, &["one", "two", "three"]).await;
    world.api.patch(&format!("/chats/{id}/messages/3"), &say("/say zwei")).await.json(200);
    follower.until("the new answer", |view| view.content().history.contains_key(&MessageId(8))).await;
    follower.until_rest(4).await;
    let cases = [
        ("", &[8, 7, 2, 1][..], false),
        ("?limit=3", &[8, 7, 2], true),
        ("?limit=1", &[8], true),
        ("?limit=4", &[8, 7, 2, 1], false),
        ("?before_id=7", &[2, 1], false),
        ("?before_id=7&limit=1", &[2], true),
        ("?before_id=1", &[], false),
        ("?after_id=1", &[2, 7, 8], false),
        ("?after_id=1&limit=2", &[2, 7], true),
        ("?after_id=8", &[], false),
        ("?after_id=1&before_id=8", &[7, 2], false),
    ];
    for (query, ids, has_more) in cases {
        let page = world.api.page(id, query).await;
        let found: Vec<u64> = page.messages.iter().map(|message| message.id.0).collect();
        assert_eq!((found.as_slice(), page.has_more), (ids, has_more), "{query}");
    }
}

#[tokio::test]
async fn a_fork_shares_what_came_before_and_outlives_its_parent() {
    let world = World::start().await;
    let api = &world.api;
    let (parent, _) = told(&world, &["one", "two"]).await;
    let labels = json!({"labels": {"kind": "trunk"}, "title": "Trunk"});
    api.patch(&format!("/chats/{parent}"), &labels).await.json(200);
    let fork = |message: u64| api.post_owned(format!("/chats/{parent}/fork"), json!({"message_id": message}));
    for missing in [0, 5, 99] {
        assert_eq!(fork(missing).await.refused(404), "not_found", "{missing}");
    }
    let chat: ChatView = fork(2).await.read(201);
    assert_eq!(chat.status, Status::Waiting);
    let mut follower = Follower::of(&world, chat.id).await;
    assert_eq!(Truth::of(api, chat.id).await.history.len(), 2);
    api.say(chat.id, "/say else").await;
    follower.until_rest(4).await;

    api.patch(&format!("/chats/{parent}"), &json!({"archived": true})).await.json(200);
    api.delete(&format!("/chats/{parent}")).await.empty();
    assert_eq!(api.get(&format!("/chats/{parent}")).await.refused(404), "not_found");
    let truth = Truth::of(api, chat.id).await;
    truth.is_shown_by(&follower.view, "the follower");
    assert_eq!(answers(&truth), ["one", "else"]);
    assert!(truth.history.values().all(|message| message.chat_id == chat.id));
}

#[tokio::test]
async fn forks_of_forks_change_for_themselves() {
    let world = World::start().await;
    let api = &world.api;
    let (parent, _) = told(&world, &["one", "two", "three"]).await;
    let fork = async |of: ChatId, message: u64| {
        let body = json!({"message_id": message});
        api.post(&format!("/chats/{of}/fork"), &body).await.read::<ChatView>(201).id
    };
    let child = fork(parent, 4).await;
    let mut follower = Follower::of(&world, child).await;
    api.say(child, "/say four").await;
    follower.until_rest(6).await;
    let grandchild = fork(child, 6).await;
    let before = (Truth::of(api, parent).await, Truth::of(api, grandchild).await);

    // An edit within what is shared, at both ends of the family.
    api.patch(&format!("/chats/{child}/messages/3"), &say("/say zwei")).await.json(200);
    follower.until("the new answer", |view| view.content().history.contains_key(&MessageId(8))).await;
    follower.until_rest(4).await;
    assert_eq!(before, (Truth::of(api, parent).await, Truth::of(api, grandchild).await));
    api.patch(&format!("/chats/{child}"), &json!({"archived": true})).await.json(200);
    api.delete(&format!("/chats/{child}")).await.empty();
    let mut follower = Follower::of(&world, grandchild).await;
    api.say(grandchild, "/say five").await;
    follower.until_rest(8).await;
    let truth = Truth::of(api, grandchild).await;
    truth.is_shown_by(&follower.view, "the follower");
    assert_eq!(answers(&truth), ["one", "two", "four", "five"]);
    assert_eq!(before.0, Truth::of(api, parent).await);
}

#[tokio::test]
async fn a_fork_closes_the_calls_that_it_cuts_off() {
    let world = World::start().await;
    let tools = json!([{"name": "ask", "input_schema": {"type": "object"}}]);
    let id = world.api.create(&json!({"content": [], "client_tools": tools})).await;
    let mut follower = Follower::of(&world, id).await;
    world.api.say(id, "/pace 1\n/call ask\n/call ask {\"n\": 2}").await;
    follower.until_status(Status::RequiresAction).await;
    let fork = world.api.post(&format!("/chats/{id}/fork"), &json!({"message_id": 2})).await;
    let fork = fork.read::<ChatView>(201);
    assert_eq!(fork.status, Status::Waiting);
    let mut follower = Follower::of(&world, fork.id).await;
    // The rehearsal model refuses a history with calls that nobody answered.
    world.api.say(fork.id, "/say on").await;
    follower.until_rest(6).await;
    let truth = Truth::of(&world.api, fork.id).await;
    truth.is_shown_by(&follower.view, "the follower");
    assert_eq!(truth.roles(), ["user", "assistant", "tool", "tool", "user", "assistant"]);
    assert_eq!(truth.chat.status, Status::Waiting, "{:?}", truth.chat.last_error);
}

#[tokio::test]
async fn a_cleared_chat_is_forgotten_by_its_model_only() {
    let world = World::start().await;
    let (id, mut follower) = told(&world, &["one two three four five six seven eight nine ten", "two"]).await;
    let path = format!("/chats/{id}/clear");
    let used = world.api.chat(id).await.context.used_tokens;
    let cleared: ChatView = world.api.act(&path).await.read(200);
    assert_eq!((cleared.status, cleared.context.used_tokens), (Status::Waiting, 0));
    assert_eq!(world.api.act(&path).await.refused(409), "nothing_to_clear");
    assert_eq!(
        Truth::of(&world.api, id).await.history.len(),
        6,
        "people forget nothing, and see that it was cleared"
    );
    world.api.say(id, "/say x").await;
    follower.until_rest(8).await;
    let truth = Truth::of(&world.api, id).await;
    truth.is_shown_by(&follower.view, "the follower");
    assert!(truth.chat.context.used_tokens < used, "{} < {used}", truth.chat.context.used_tokens);

    world.api.say(id, "/pace 20\n/text 2000").await;
    assert_eq!(world.api.act(&path).await.refused(409), "chat_busy");
    world.api.act(&format!("/chats/{id}/interrupt")).await.json(200);
    let nothing = world.api.idle().await;
    assert_eq!(world.api.act(&format!("/chats/{nothing}/clear")).await.refused(409), "nothing_to_clear");
}

#[tokio::test]
async fn archived_chats_are_read_only_and_alone_can_be_deleted() {
    let world = World::start().await;
    let api = &world.api;
    let (id, mut follower) = told(&world, &["one"]).await;
    let path = format!("/chats/{id}");
    assert_eq!(api.delete(&path).await.refused(409), "not_archived");
    let archive = |archived: bool| api.patch_owned(path.clone(), json!({"archived": archived}));

    api.say(id, "/pace 20\n/text 2000").await;
    assert_eq!(archive(true).await.refused(409), "chat_busy");
    follower.until_streams().await;
    api.act(&format!("{path}/interrupt")).await.json(200);
    follower.until_rest(4).await;

    assert_eq!(archive(true).await.json(200)["archived"], true);
    let before = Truth::of(api, id).await;
    let refused = [
        api.send(id, &say("x")).await,
        api.act(&format!("{path}/interrupt")).await,
        api.act(&format!("{path}/clear")).await,
        api.patch(&format!("{path}/messages/1"), &say("x")).await,
    ];
    for reply in refused {
        assert_eq!(reply.refused(409), "chat_archived");
    }
    assert_eq!(Truth::of(api, id).await, before);
    assert_eq!(archive(true).await.json(200)["archived"], true, "again is not an error");

    assert_eq!(archive(false).await.json(200)["archived"], false);
    api.say(id, "/say back").await;
    follower.until("the answer", |view| view.content().history.len() >= 6).await;
    follower.until_rest(6).await;
    archive(true).await.json(200);
    api.delete(&path).await.empty();
    for reply in [api.get(&path).await, api.delete(&path).await, api.get(&format!("{path}/messages")).await] {
        assert_eq!(reply.refused(404), "not_found");
    }
    let all = api.get("/chats?archived=any").await.text;
    assert!(!all.contains(&id.to_string()));
}

#[tokio::test]
async fn the_read_marker_moves_forward() {
    let world = World::start().await;
    let (id, mut follower) = told(&world, &["one", "two"]).await;
    let unread = || async { world.api.chat(id).await.has_unread };
    let read =
        |message: u64| world.api.post_owned(format!("/chats/{id}/read"), json!({"message_id": message}));
    assert!(unread().await);
    read(2).await.empty();
    assert!(unread().await, "the last answer is not read yet");
    read(4).await.empty();
    assert!(!unread().await);
    read(1).await.empty();
    assert!(!unread().await, "it does not move back");
    for missing in [0, 5] {
        assert_eq!(read(missing).await.refused(404), "not_found");
    }
    follower
        .until("the news", |view| view.content().chat.as_ref().is_some_and(|chat| !chat.has_unread))
        .await;
}
