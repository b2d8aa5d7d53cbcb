//! What is spent is counted once, and ends at the ceilings of chats, people and the organisation.

use std::time::Duration;

use chat::{
    catalogue::{Catalogue, Edit, Limits, ModelOverrides, Period, Settings},
    failure::Kind,
    message::Usage,
    model::{ModelConfig, Prices, StopReason},
    port::{KeepCatalogue as _, Kept, ListSpend as _, ReadCatalogue as _, ReadSpend as _, SpendQuery},
    record::Status,
    spend::{Day, Tally},
    transition::Transition,
    wake::Reason,
};
use kit::{faults::Fault, model::Script, replies::Replies, seed};

use crate::world::World;

fn dear() -> Catalogue {
    let prices = Prices { input: 3_000_000, output: 15_000_000, ..Prices::default() };
    let model = ModelConfig { cost: Some(prices), ..seed::model() };
    Catalogue { models: vec![model.into()], ..seed::presets() }
}

fn costs(text: &str, input_tokens: u64) -> Script {
    Script::says(text).using(Usage { input_tokens, ..Usage::default() })
}

async fn set(world: &World, settings: Settings) {
    let directory = &world.ports.directory;
    let before = directory.catalogue().await.unwrap();
    let edited = before.edit(&dear(), Edit::PutSettings(Box::new(settings))).unwrap();
    assert_eq!(directory.keep(&edited, None).await.unwrap(), Kept::Done);
}

async fn limit(world: &World, limits: Limits) {
    set(world, Settings { limits, ..Settings::default() }).await;
}

fn of_chat(micros: u64) -> Limits {
    Limits { chat_micros: Some(micros), ..Limits::default() }
}

fn of_user(micros: u64) -> Limits {
    Limits { user_micros: Some(micros), period: Period::Week, ..Limits::default() }
}

fn of_org(micros: u64) -> Limits {
    Limits { org_micros: Some(micros), period: Period::Day, ..Limits::default() }
}

/// A model that never ends a turn by itself; each of its answers costs 3,000.
fn runaway() -> Replies {
    Replies::by(|_, number| {
        let id = format!("call_{number}");
        let calls = Script::calls([(id.as_str(), "nobody", serde_json::json!({}))]);
        calls.using(Usage { input_tokens: 1_000, ..Usage::default() })
    })
}

/// What the person whose chats these are has spent this year.
async fn spent(world: &World) -> u64 {
    let year = Day::of(world.now());
    let first = year.to_string()[..4].to_owned() + "-01-01";
    world.ports.directory.user_micros(seed::person(), first.parse().unwrap(), year).await.unwrap()
}

async fn counted(world: &World) -> Tally {
    let today = Day::of(world.now());
    let (org_id, user_id) = (seed::person().org_id, Some(seed::person().user_id));
    let query = SpendQuery { org_id, user_id, first: today.first_of_month(), last: today };
    let mut sum = Tally::default();
    let page = world.ports.directory.spendings(query, None).await.unwrap();
    assert_eq!(page.next, None);
    page.found.iter().for_each(|found| sum.add(&found.tally));
    sum
}

#[tokio::test(start_paused = true)]
async fn a_runaway_loop_stops_at_a_ceiling_within_one_step() {
    for (limits, who) in [
        (of_chat(8_999), "this chat has spent $0.01 of the $0.01 that"),
        (of_user(9_000), "you have spent $0.01 of the $0.01 that"),
        (of_org(8_999), "your organisation has spent $0.01 of the $0.01 that"),
    ] {
        let world = World::offered(dear(), runaway()).await;
        limit(&world, limits).await;
        world.send("go on for ever").await;
        world.drain().await;
        let error = world.chat().last_error.unwrap();
        assert_eq!((error.kind, error.retryable), (Kind::UsageLimit, false));
        assert!(error.message.starts_with(who), "{}", error.message);
        assert_eq!((world.model.requests().len(), spent(&world).await), (3, 9_000), "{who}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_ceiling_says_when_it_begins_anew_and_then_it_does() {
    // The world begins on a Thursday.
    for (limits, expected) in [
        (
            of_user(1),
            "allow each person in a week; ask them to raise the limit, or wait: it begins anew on 2026-01-05 (UTC)",
        ),
        (
            of_org(1),
            "allow all people together in a day; ask them to raise the limit, or wait: it begins anew on 2026-01-02 (UTC)",
        ),
    ] {
        let world = World::offered(dear(), Replies::by(|_, _| costs("hi", 1_000))).await;
        limit(&world, limits).await;
        for (says, asked) in [("one", 1), ("two", 1), ("three", 2)] {
            world.send(says).await;
            world.drain().await;
            assert_eq!(world.model.requests().len(), asked, "{says}");
            if says == "two" {
                let message = world.chat().last_error.unwrap().message;
                assert!(message.ends_with(expected), "{message}");
                world.pass_ms(4 * 86_400_000).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_one_chat_spends_stops_the_next() {
    let mut world = World::offered(dear(), Replies::list([costs("hi", 1_000)])).await;
    limit(&world, of_user(3_000)).await;
    world.send("hello").await;
    world.rest().await;
    assert_eq!(world.chat().status, Status::Waiting);
    world.fork(2).await;
    world.send("and here?").await;
    world.rest().await;
    assert_eq!(world.chat().last_error.unwrap().kind, Kind::UsageLimit);
}

#[tokio::test(start_paused = true)]
async fn a_summary_is_not_asked_for_beyond_a_ceiling() {
    let world = World::offered(dear(), Replies::list([costs("hi", 1_000)])).await;
    world.send("hello").await;
    world.rest().await;
    limit(&world, of_user(3_000)).await;
    world.apply(Transition::RequestCompaction).await;
    world.rest().await;
    assert_eq!(world.chat().last_error.unwrap().kind, Kind::UsageLimit);
}

#[tokio::test(start_paused = true)]
async fn a_title_is_not_asked_for_beyond_a_ceiling() {
    for (limits, asked) in [(of_user(0), 0), (Limits::default(), 1)] {
        let world = World::untitled_with(dear(), Replies::by(|_, _| costs("A title", 1_000))).await;
        let model_overrides = ModelOverrides { title: Some(seed::MODEL), ..ModelOverrides::default() };
        set(&world, Settings { limits: of_user(0), model_overrides, ..Settings::default() }).await;
        world.send("hello").await;
        world.rest().await;
        set(&world, Settings { limits, model_overrides, ..Settings::default() }).await;
        world.wake(Reason::Title);
        world.drain().await;
        assert_eq!(world.model.requests().len(), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_ceiling_nothing_is_read() {
    let world = World::offered(dear(), Replies::list([costs("hi", 1_000)])).await;
    world.send("hello").await;
    world.rest().await;
    assert_eq!((world.trouble.count("user_micros"), world.trouble.count("org_micros")), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn while_nobody_knows_what_was_spent_nothing_is_asked() {
    for (limits, call) in [(of_user(1), "user_micros"), (of_org(1), "org_micros")] {
        let calm = World::offered(dear(), Replies::list([costs("hi", 1_000)])).await;
        limit(&calm, limits).await;
        calm.send("hello").await;
        calm.rest().await;
        let at = calm.trouble.calls().iter().position(|name| *name == call).unwrap();
        let world = World::offered(dear(), Replies::list([costs("hi", 1_000)])).await;
        limit(&world, limits).await;
        world.trouble.at(at, Fault::FailBefore);
        world.send("hello").await;
        world.rest().await;
        assert_eq!(world.trouble.fired(), Some(call));
        // The step was delivered again.
        assert_eq!((world.chat().status, world.trouble.count(call)), (Status::Waiting, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_goes_wrong_a_call_is_counted_once() {
    let scripts = || {
        Replies::by(|request, number| match request.messages.len() {
            1 => Script::calls([("c", "nobody", serde_json::json!({}))])
                .using(Usage { input_tokens: 1_000, ..Usage::default() }),
            _ => costs("done", 2_000 + number as u64),
        })
    };
    for fault in Fault::ALL {
        for at in 0.. {
            let world = World::offered(dear(), scripts()).await;
            limit(&world, of_org(1_000_000)).await;
            world.trouble.at(at, fault);
            world.send("hello").await;
            world.drain().await;
            let of_messages: u64 =
                world.messages().iter().filter_map(|message| message.usage?.cost_micros).sum();
            let today = Day::of(world.now());
            let org = world.ports.directory.org_micros(seed::person().org_id, today).await.unwrap();
            let expected = (of_messages, of_messages, Some(of_messages));
            let case = format!("{fault:?} of {:?}", world.trouble.fired());
            assert_eq!((spent(&world).await, org, world.chat().usage.cost_micros), expected, "{case}");
            if world.trouble.fired().is_none() {
                assert!(at > 15, "there is something to go wrong");
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_no_use_was_paid_for() {
    let empty =
        || Script::default().finish(StopReason::End).using(Usage { input_tokens: 1_000, ..Usage::default() });
    let world = World::offered(dear(), Replies::list([empty(), empty(), costs("hi", 1_000)])).await;
    world.send("hello").await;
    world.drain().await;
    assert_eq!((spent(&world).await, world.chat().usage.cost_micros), (9_000, Some(9_000)));
    assert_eq!(counted(&world).await.calls, 3);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_stopped_is_a_call_whose_cost_nobody_knows() {
    let long = Script::says(&"word ".repeat(100)).paced(Duration::from_millis(100));
    let world = World::offered(dear(), Replies::list([long])).await;
    world.send("hello").await;
    world.pass_ms(2_000).await;
    world.interrupt().await;
    world.drain().await;
    let expected = Tally { calls: 1, unpriced_calls: 1, ..Tally::default() };
    assert_eq!(counted(&world).await, expected);
}
