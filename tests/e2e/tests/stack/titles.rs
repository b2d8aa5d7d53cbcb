//! What chats are called, and how their turns are said to have ended.

use serde_json::{Value, json};

use crate::support::{Follower, World, say};

const LONG: &str = "/say It rains there, as it does so often at this time of the year.\n/pace 0";

#[tokio::test]
async fn a_chat_is_named_by_its_first_message_until_a_person_names_it() {
    let world = World::start().await;
    let id = world.api.untitled().await;
    let refused = world.api.act(&format!("/chats/{id}/title")).await;
    assert_eq!(refused.refused(409), "nothing_said");
    let mut follower = Follower::of(&world, id).await;
    world.api.say(id, LONG).await;
    let titled = |title: &'static str| {
        move |view: &view::View| view.content().chat.as_ref().is_some_and(|chat| chat.title == title)
    };
    // The rehearsal model's titles are of eight words.
    follower.until("a title", titled("/say It rains there, as it does so")).await;
    follower.until_rest(2).await;

    let named = world.api.patch(&format!("/chats/{id}"), &json!({"title": "Mine"})).await.json(200);
    assert_eq!(named["title"], "Mine");
    let suggested = world.api.act(&format!("/chats/{id}/title")).await.json(200);
    assert_eq!(suggested, json!({"title": "/say It rains there, as it does so"}));
    world.api.say(id, "/say And now?").await;
    follower.until_rest(4).await;
    assert_eq!(world.api.chat(id).await.title, "Mine");
}

#[tokio::test]
async fn a_title_given_at_the_beginning_stays() {
    let world = World::start().await;
    let mut body = say(LONG);
    body["title"] = "Mine".into();
    let id = world.api.create(&body).await;
    let mut follower = Follower::of(&world, id).await;
    follower.until_rest(2).await;
    assert_eq!(world.api.chat(id).await.title, "Mine");
}

#[tokio::test]
async fn a_turn_is_labelled_where_a_model_is_set_for_it() {
    let world = World::start().await;
    // What a deployment has set is everybody's.
    if !world.is_alone() {
        return;
    }
    let id = world.api.idle().await;
    let model = world.api.chat(id).await.model_id;
    let path = "/settings/model-overrides";
    let set: Value = world.api.put(path, &json!({"title": model})).await.json(200);
    assert_eq!(set["title"], json!(model));
    let mut follower = Follower::of(&world, id).await;
    world.api.say(id, "/say hello").await;
    let labelled = |view: &view::View| {
        view.content()
            .chat
            .as_ref()
            .is_some_and(|chat| chat.summary.as_deref() == Some("Rehearsed an answer"))
    };
    follower.until("a label", labelled).await;
    assert_eq!(world.api.chat(id).await.summary.as_deref(), Some("Rehearsed an answer"));
    world.api.say(id, "/stall 600000").await;
    follower.until("no label", |view| !labelled(view)).await;
    world.api.act(&format!("/chats/{id}/interrupt")).await.json(200);
}
