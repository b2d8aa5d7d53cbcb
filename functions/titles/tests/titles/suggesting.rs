use chat::catalogue::{Limits, ModelOverrides, Settings};
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
async fn what_a_suggestion_cost_is_counted_for_its_person_and_towards_the_ceiling() {
    let world = World::new([Script::says("Questions")]);
    let chat = world.chat(1, 0).await;
    let limits = Limits { org_micros: Some(1_000_000_000), ..Limits::default() };
    world.set(Settings { limits, ..Settings::default() }).await;
    let before = world.counted().await;
    assert_eq!(world.told(Who::Owner, &chat.to_string()).await, "200 Questions");
    let after = world.counted().await;
    assert_eq!(after.calls, before.calls + 1);
    let cost = after.cost_micros - before.cost_micros;
    assert!(cost > 0);
    assert_eq!(world.towards_ceiling().await, cost);
}

#[tokio::test]
async fn a_suggestion_that_cannot_be_counted_is_answered_all_the_same() {
    let world = World::new([Script::says("Questions")]);
    let chat = world.chat(1, 0).await;
    world.break_counts();
    assert_eq!(world.told(Who::Owner, &chat.to_string()).await, "200 Questions");
}

#[tokio::test]
async fn the_model_that_is_set_for_titles_is_asked_and_no_other_where_it_cannot_be() {
    let world = World::new([Script::says("Questions")]);
    let chat = world.chat(1, 0).await.to_string();
    let model_overrides = ModelOverrides { title: Some(seed::MODEL), ..ModelOverrides::default() };
    world.set(Settings { model_overrides, ..Settings::default() }).await;
    assert_eq!(world.told(Who::Owner, &chat).await, "200 Questions");
}
