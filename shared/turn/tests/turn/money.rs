//! What chats cost, and what they may.

use chat::{
    catalogue::{Catalogue, Edit, Limits, Settings},
    failure::Kind,
    message::Usage,
    model::{ModelConfig, Prices},
    port::{KeepCatalogue as _, Kept, ReadCatalogue as _},
    record::Status,
};
use kit::{model::Script, replies::Replies, seed};

use crate::world::World;

const PRICES: Prices = Prices { input: 3_000_000, output: 15_000_000, cache_read: None, cache_write: None };

fn dear() -> Catalogue {
    let model = ModelConfig { cost: Some(PRICES), ..seed::model() };
    Catalogue { models: vec![model.into()], ..seed::presets() }
}

fn costs(text: &str, input_tokens: u64) -> Script {
    Script::says(text).using(Usage { input_tokens, ..Usage::default() })
}

async fn limit(world: &World, chat_micros: u64) {
    let limits = Limits { chat_micros: Some(chat_micros), ..Limits::default() };
    let settings = Settings { limits, ..Settings::default() };
    let directory = &world.ports.directory;
    let before = directory.catalogue().await.unwrap();
    let edited = before.edit(&Catalogue::default(), Edit::PutSettings(Box::new(settings))).unwrap();
    assert_eq!(directory.keep(&edited, None).await.unwrap(), Kept::Done);
}

#[tokio::test(start_paused = true)]
async fn an_answer_says_what_it_cost_and_the_chat_what_all_did() {
    let world = World::offered(dear(), Replies::list([costs("hi", 1_000), costs("fine", 2_000)])).await;
    for text in ["hello", "how are you"] {
        world.send(text).await;
        world.rest().await;
    }
    let costs: Vec<_> =
        world.messages().iter().filter_map(|message| message.usage).map(|usage| usage.cost_micros).collect();
    assert_eq!(costs, [Some(3_000), Some(6_000)]);
    assert_eq!(world.chat().usage.cost_micros, Some(9_000));
}

#[tokio::test(start_paused = true)]
async fn a_model_without_a_price_costs_what_nobody_knows() {
    let world = World::told("hello", Replies::list([costs("hi", 1_000)])).await;
    world.rest().await;
    assert_eq!(world.chat().usage.cost_micros, None);
}

#[tokio::test(start_paused = true)]
async fn at_its_ceiling_a_chat_asks_no_model() {
    let world = World::offered(dear(), Replies::list([costs("hi", 1_000)])).await;
    limit(&world, 3_000).await;
    world.send("hello").await;
    world.rest().await;
    assert_eq!(world.chat().status, Status::Waiting);
    world.send("how are you").await;
    world.rest().await;
    let error = world.chat().last_error.unwrap();
    assert_eq!((error.kind, error.retryable), (Kind::UsageLimit, false));
    assert_eq!(world.model.requests().len(), 1);
}
