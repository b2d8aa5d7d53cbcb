//! How chats get their names.

use std::time::Duration;

use chat::{
    catalogue::{Catalogue, Edit, Limits, ModelOverrides, Settings},
    failure::Kind,
    id::ModelId,
    model::{ModelConfig, ModelRequest, Prices},
    port::{KeepCatalogue as _, Kept, ReadCatalogue as _},
    transition::{Describe, Transition},
    wake::Reason,
};
use kit::{
    model::{Script, model_error},
    replies::Replies,
    seed,
};
use uuid::Uuid;

use crate::world::World;

fn names(request: &ModelRequest) -> bool {
    request.system.iter().any(|layer| layer.starts_with("You name conversations."))
}

fn model() -> Replies {
    naming(|| Script::says("\"Weather in Bern.\""))
}

fn naming(title: impl Fn() -> Script + Send + Sync + 'static) -> Replies {
    Replies::by(move |request, _| {
        if names(request) { title() } else { Script::says("it rains").paced(Duration::from_millis(20)) }
    })
}

/// Sets what a deployment has set.
pub(crate) async fn set(world: &World, settings: Settings) {
    set_of(world, &seed::presets(), settings).await;
}

async fn set_of(world: &World, presets: &Catalogue, settings: Settings) {
    let directory = &world.ports.directory;
    let before = directory.catalogue().await.unwrap();
    let edited = before.edit(presets, Edit::PutSettings(Box::new(settings))).unwrap();
    assert_eq!(directory.keep(&edited, None).await.unwrap(), Kept::Done);
}

/// Names the model that is asked beside turns.
pub(crate) fn overridden(title: ModelId) -> Settings {
    let model_overrides = ModelOverrides { title: Some(title), ..ModelOverrides::default() };
    Settings { model_overrides, ..Settings::default() }
}

fn asked(world: &World) -> usize {
    world.model.requests().iter().filter(|request| names(request)).count()
}

async fn rename(world: &World, title: &str) {
    world.apply(Transition::Describe(Describe { title: Some(title.into()), ..Describe::default() })).await;
}

#[tokio::test(start_paused = true)]
async fn the_first_message_names_the_chat_once() {
    let world = World::untitled(model()).await;
    for text in ["how is the weather in Bern today", "and tomorrow"] {
        world.send(text).await;
        world.drain().await;
    }
    assert_eq!(world.chat().title, "Weather in Bern");
    assert_eq!(asked(&world), 1);
    assert_eq!(world.history().last().unwrap(), "assistant: it rains");
}

#[tokio::test(start_paused = true)]
async fn the_model_that_is_set_for_it_is_asked_and_no_other() {
    let id = ModelId(Uuid::from_u128(0x0e));
    let other = ModelConfig { id, is_default: false, model: "rehearsal-2".into(), ..seed::model() };
    let mut presets = seed::presets();
    presets.models.push(other.into());
    let world = World::untitled_with(presets.clone(), model()).await;
    set_of(&world, &presets, overridden(id)).await;
    world.send("how is the weather").await;
    world.drain().await;
    let requests = world.model.requests();
    let models: Vec<_> = requests.iter().filter(|request| names(request)).map(|r| r.model.id).collect();
    assert_eq!(models, [id]);
    assert_eq!(world.chat().title, "Weather in Bern");
}

#[tokio::test(start_paused = true)]
async fn what_a_person_names_stays() {
    let world =
        World::untitled(naming(|| Script::says("Weather in Bern").paced(Duration::from_secs(4)))).await;
    world.send("how is the weather").await;
    world.pass_ms(2_000).await;
    assert_eq!(asked(&world), 1);
    rename(&world, "Mine").await;
    world.drain().await;
    assert_eq!(world.chat().title, "Mine");
    assert_eq!(world.chat().usage.output_tokens, 10, "what nobody sees was paid for all the same");
}

#[tokio::test(start_paused = true)]
async fn what_a_person_names_stays_also_where_it_is_the_first_line() {
    let world =
        World::untitled(naming(|| Script::says("Weather in Bern").paced(Duration::from_secs(4)))).await;
    world.send("how is the weather").await;
    world.pass_ms(2_000).await;
    rename(&world, "how is the weather").await;
    world.drain().await;
    assert_eq!((asked(&world), world.chat().title.as_str()), (1, "how is the weather"));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_for_a_title_that_there_is() {
    let world = World::told("how is the weather", model()).await;
    world.drain().await;
    world.wake(Reason::Title);
    world.drain().await;
    assert_eq!((asked(&world), world.chat().title.as_str()), (0, crate::world::TITLE));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_silent_leaves_the_first_line_and_the_turn_does_not_wait_for_it() {
    let world = World::untitled(naming(|| Script::default().hangs())).await;
    world.send("how is the weather").await;
    world.until(|chat| chat.last_answer_id.is_some()).await;
    assert!(world.elapsed_ms() < 1_000, "{} ms", world.elapsed_ms());
    world.drain().await;
    assert!(world.elapsed_ms() < 35_000, "{} ms", world.elapsed_ms());
    assert_eq!(world.chat().title, "how is the weather");
}

#[tokio::test(start_paused = true)]
async fn a_wake_that_comes_twice_names_once() {
    let world = World::untitled(model()).await;
    world.queue.copies(2);
    world.send("how is the weather").await;
    world.drain().await;
    let (title, version) = (world.chat().title, world.chat().versions.snapshot);
    world.wake(Reason::Title);
    world.drain().await;
    assert_eq!(title, "Weather in Bern");
    assert_eq!((world.chat().title, world.chat().versions.snapshot), (title, version));
}

#[tokio::test(start_paused = true)]
async fn a_wake_that_cannot_be_sent_leaves_the_turn_alone() {
    let world = World::untitled(model()).await;
    world.trouble.silences("send");
    world.send("how is the weather").await;
    world.until(|chat| chat.last_answer_id.is_some()).await;
    assert!(world.elapsed_ms() < 2_000, "{} ms", world.elapsed_ms());
    world.drain().await;
    assert_eq!((asked(&world), world.chat().title.as_str()), (0, "how is the weather"));
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_has_spent_its_share_is_not_named() {
    let cost = Some(Prices { output: 1_000_000, ..Prices::default() });
    let presets = Catalogue { models: vec![ModelConfig { cost, ..seed::model() }.into()], ..seed::presets() };
    let world =
        World::untitled_with(presets, naming(|| Script::refuses(model_error(Kind::Overloaded, true)))).await;
    let limits = Limits { chat_micros: Some(1), ..Limits::default() };
    set(&world, Settings { limits, ..Settings::default() }).await;
    world.send("how is the weather").await;
    world.drain().await;
    assert_eq!(asked(&world), 1);
    world.wake(Reason::Title);
    world.drain().await;
    assert_eq!((asked(&world), world.chat().title.as_str()), (1, "how is the weather"));
}
