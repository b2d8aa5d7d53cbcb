//! What the accounts of steps say.

use std::time::Duration;

use chat::{
    account::{Book, Count, Gauge, Mark, Note, Phase},
    failure::Kind,
    record::Status,
    wake::Reason,
};
use kit::{
    model::{Script, model_error},
    replies::Replies,
};
use serde_json::json;

use crate::world::{TOOL, World};

const PACE: Duration = Duration::from_millis(100);

fn note(book: &Book, what: Note) -> &str {
    book.notes.get(&what).map_or("", String::as_str)
}

fn counted(world: &World, what: Count) -> u64 {
    world.queue.books().iter().map(|book| book.counted(what)).sum()
}

/// Returns the one step's account.
fn only(world: &World) -> Book {
    let books = world.queue.books();
    assert_eq!(books.len(), 1, "{books:?}");
    books[0].clone()
}

#[tokio::test(start_paused = true)]
async fn a_turn_says_what_it_did_and_where_its_time_went() {
    let world = World::quiet(Replies::list([Script::says("one two three four").paced(PACE)])).await;
    world.listen("one").await;
    world.send("hello").await;
    world.drain().await;
    let book = only(&world);
    assert_eq!(note(&book, Note::Chat), world.chat_id.to_string());
    assert_eq!(note(&book, Note::Action), "generate RecordAttempt CommitStep FinishTurn");
    assert_eq!(note(&book, Note::Outcome), "W");
    assert_eq!(note(&book, Note::Wake), "message");
    assert_eq!((note(&book, Note::Provider), note(&book, Note::Model)), ("rehearsal", "rehearsal-1"));
    assert_eq!((book.counted(Count::Turn), book.gauges[&Gauge::Attempt]), (1, 1));
    let phases: Vec<Phase> = book.phases.keys().copied().collect();
    assert_eq!(phases, Phase::ALL, "all of them ran");
    let waited = book.between(Mark::Asked, Mark::FirstToken).unwrap();
    assert!((90..130).contains(&waited.as_millis()), "{waited:?}");
    let answered = book.between(Mark::Asked, Mark::Answered).unwrap();
    assert!(answered >= PACE * 4, "{answered:?}");
    let asked = [Phase::FirstToken, Phase::Stream, Phase::Flushes];
    let streamed: Duration = asked.iter().map(|phase| book.phases[phase].time).sum();
    assert!(streamed >= answered, "{streamed:?}");
}

#[tokio::test(start_paused = true)]
async fn whatever_a_step_meets_its_phases_add_up_to_the_whole() {
    for seed in 0..30 {
        let world = World::quiet(Replies::by(|request, number| match (number, request.messages.len()) {
            (0, _) => Script::refuses(model_error(Kind::Overloaded, true)),
            (_, 1) => Script::calls([("c1", TOOL, json!({}))]).paced(PACE),
            (_, _) => Script::says("it rains").paced(PACE),
        }))
        .await;
        world.trouble.storm(seed);
        world.send("hello").await;
        world.until_status(Status::RequiresAction).await;
        world.answer("rain").await;
        world.drain().await;
        for book in world.queue.books() {
            let sum: Duration = book.phases.values().map(|spent| spent.time).sum();
            assert_eq!(sum, book.whole, "{book:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn retries_are_counted_by_their_kind() {
    let refuses = |kind| Script::refuses(model_error(kind, true));
    let scripts = [refuses(Kind::Overloaded), refuses(Kind::RateLimit), Script::says("at last")];
    let world = World::told("hello", Replies::list(scripts)).await;
    world.drain().await;
    for (what, times) in [
        (Count::Retry(Kind::Overloaded), 1),
        (Count::Retry(Kind::RateLimit), 1),
        (Count::Retry(Kind::Timeout), 0),
        (Count::Turn, 1),
    ] {
        assert_eq!(counted(&world, what), times, "{what:?}");
    }
    let attempts: Vec<u64> = world.queue.books().iter().map(|book| book.gauges[&Gauge::Attempt]).collect();
    assert_eq!(attempts, [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_ends_in_an_error_is_a_turn_and_a_failure() {
    let refusal = Script::refuses(model_error(Kind::Auth, false));
    let world = World::told("hello", Replies::list([refusal])).await;
    world.drain().await;
    assert_eq!((counted(&world, Count::Turn), counted(&world, Count::Failure(Kind::Auth))), (1, 1));
    assert_eq!(note(&only(&world), Note::Action), "generate RecordAttempt FinishError");
}

#[tokio::test(start_paused = true)]
async fn parking_is_counted_and_ends_no_turn() {
    let scripts = [Script::calls([("c1", TOOL, json!({}))]), Script::says("it rains")];
    let world = World::told("hello", Replies::list(scripts)).await;
    world.until_status(Status::RequiresAction).await;
    world.pass_ms(100).await;
    assert_eq!((counted(&world, Count::Park), counted(&world, Count::Turn)), (1, 0));
    assert_eq!(note(&only(&world), Note::Outcome), "A0");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_was_overtaken_has_lost_its_lease() {
    let slow = |number| Duration::from_secs(if number == 0 { 3 } else { 1 });
    let replies = Replies::by(move |_, number| Script::says("a b c").paced(slow(number)));
    let world = World::told("hello", replies).await;
    world.pass_ms(1_000).await;
    // Its process is frozen for longer than its lease lasts.
    world.ports.clock.advance_ms(31_000);
    world.wake(Reason::Message);
    world.drain().await;
    assert_eq!((counted(&world, Count::LostLease), counted(&world, Count::Turn)), (1, 1));
    let outcomes: Vec<String> =
        world.queue.books().iter().map(|b| note(b, Note::Outcome).to_owned()).collect();
    assert!(outcomes.contains(&"overtaken".to_owned()), "{outcomes:?}");
}
