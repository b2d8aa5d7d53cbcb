use chat::catalogue::{ModelOverrides, Settings};
use kit::{model::Script, seed};

use super::world::{Who, World};

#[tokio::test]
async fn a_title_is_suggested_of_the_first_turn_and_the_last_three_and_not_saved() {
    let world = World::new([Script::says("\"Questions and answers.\"\n")]);
    let chat = world.chat(6, 0).await;
    let before = world.memory.peek(chat).unwrap();
    let mut reply = world.ask(Who::Owner, &chat.to_string(), None).await;
    reply["headers"]["x-request-id"].take();
    insta::assert_json_snapshot!(reply);
    insta::assert_snapshot!(world.asked().join("\n---\n"));
    assert_eq!(world.memory.peek(chat).unwrap(), before);
}

#[tokio::test]
async fn the_model_that_is_set_for_titles_is_asked_and_no_other_where_it_cannot_be() {
    let world = World::new([Script::says("Questions")]);
    let chat = world.chat(1, 0).await.to_string();
    let model_overrides = ModelOverrides { title: Some(seed::MODEL), ..ModelOverrides::default() };
    world.set(Settings { model_overrides, ..Settings::default() }).await;
    assert_eq!(world.told(Who::Owner, &chat).await, "200 Questions");
}
