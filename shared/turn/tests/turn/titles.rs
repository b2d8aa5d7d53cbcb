//! How chats get their names.

use chat::{
    catalogue::{Edit, ModelOverrides, Settings},
    model::ModelRequest,
    port::{KeepCatalogue as _, Kept, ReadCatalogue as _},
    transition::{Describe, Transition},
};
use kit::{model::Script, replies::Replies, seed};

use crate::world::World;

fn names(request: &ModelRequest) -> bool {
    request.system.iter().any(|layer| layer.starts_with("You name conversations."))
}

fn model() -> Replies {
    Replies::by(|request, _| Script::says(if names(request) { "\"Weather in Bern.\"" } else { "it rains" }))
}

async fn named(model: Replies) -> World {
    let world = World::quiet(model).await;
    let model_overrides = ModelOverrides { title: Some(seed::MODEL), ..ModelOverrides::default() };
    let settings = Settings { model_overrides, ..Settings::default() };
    let directory = &world.ports.directory;
    let before = directory.catalogue().await.unwrap();
    let edited = before.edit(&seed::presets(), Edit::PutSettings(Box::new(settings))).unwrap();
    assert_eq!(directory.keep(&edited, None).await.unwrap(), Kept::Done);
    world
}

#[tokio::test(start_paused = true)]
async fn the_first_message_names_the_chat_once() {
    let world = named(model()).await;
    for text in ["how is the weather in Bern today", "and tomorrow"] {
        world.send(text).await;
        world.drain().await;
    }
    assert_eq!(world.chat().title, "Weather in Bern");
    assert_eq!(world.model.requests().iter().filter(|request| names(request)).count(), 1);
    assert_eq!(world.history().last().unwrap(), "assistant: it rains");
}

#[tokio::test(start_paused = true)]
async fn what_a_person_names_stays() {
    let slow = std::time::Duration::from_secs(5);
    let model = Replies::by(move |request, _| {
        if names(request) { Script::says("Weather in Bern").paced(slow) } else { Script::says("it rains") }
    });
    let world = named(model).await;
    world.send("how is the weather").await;
    world.pass_ms(2_000).await;
    assert_eq!(world.model.requests().iter().filter(|request| names(request)).count(), 1);
    world.apply(Transition::Describe(Describe { title: Some("Mine".into()), ..Describe::default() })).await;
    world.drain().await;
    assert_eq!(world.chat().title, "Mine");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_silent_leaves_the_first_line() {
    let model =
        Replies::by(
            |request, _| {
                if names(request) { Script::default().hangs() } else { Script::says("it rains") }
            },
        );
    let world = named(model).await;
    world.send("how is the weather").await;
    world.drain().await;
    assert_eq!(world.chat().title, "how is the weather");
}

#[tokio::test(start_paused = true)]
async fn where_no_model_is_set_for_it_the_first_line_names_the_chat() {
    let world = World::told("how is the weather", model()).await;
    world.drain().await;
    assert_eq!(world.chat().title, "how is the weather");
    assert_eq!(world.model.requests().len(), 1);
}
