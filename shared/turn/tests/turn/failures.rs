//! Models that fail, and processes that do.

use std::time::Duration;

use chat::{
    event::Body,
    failure::{Failure, Kind, backoff_ms},
    limit::{ATTEMPTS, STREAM_SILENCE_MS},
    model::{ModelError, ModelEvent, StopReason},
    part::Delta,
    record::Status,
};
use kit::{
    model::{Script, model_error},
    replies::Replies,
};

use crate::world::World;

fn refuses(kind: Kind) -> Script {
    Script::refuses(model_error(kind, true))
}

fn last_error(world: &World) -> Failure {
    let chat = world.chat();
    assert_eq!(chat.status, Status::Error);
    chat.last_error.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_may_pass_is_tried_again_after_a_wait() {
    let scripts = [refuses(Kind::Overloaded), refuses(Kind::RateLimit), Script::says("at last")];
    let world = World::quiet(Replies::list(scripts)).await;
    world.listen("one").await;
    world.send("hello").await;
    world.until(|chat| chat.retry.is_some()).await;
    assert!(world.chat().lease.is_none(), "nobody waits");
    world.drain().await;
    assert_eq!(world.history(), ["user: hello", "assistant: at last"]);
    let waits: Vec<_> = world
        .heard("one")
        .into_iter()
        .filter_map(|event| {
            let Body::Retry { retry } = event.body else { return None };
            Some((retry.attempt, retry.delay_ms, retry.kind))
        })
        .collect();
    assert_eq!(waits, [(1, 1_000, Kind::Overloaded), (2, 2_000, Kind::RateLimit)]);
    assert!((3_000..3_500).contains(&world.elapsed_ms()), "{} ms", world.elapsed_ms());
    assert_eq!(world.chat().retry, None);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_names_the_wait_gets_it() {
    let error = ModelError { retry_after_ms: Some(7_000), ..model_error(Kind::RateLimit, true) };
    let world = World::told("hello", Replies::list([Script::refuses(error), Script::says("ok")])).await;
    world.drain().await;
    assert!((7_000..7_500).contains(&world.elapsed_ms()));
}

#[tokio::test(start_paused = true)]
async fn a_wait_longer_than_a_queue_delays_is_waited_for() {
    let error = ModelError { retry_after_ms: Some(2_000_000), ..model_error(Kind::RateLimit, true) };
    let world = World::told("hello", Replies::list([Script::refuses(error), Script::says("ok")])).await;
    world.drain().await;
    assert!((2_000_000..2_002_000).contains(&world.elapsed_ms()), "{} ms", world.elapsed_ms());
    assert_eq!(world.history(), ["user: hello", "assistant: ok"]);
}

#[tokio::test(start_paused = true)]
async fn words_of_an_attempt_that_broke_off_do_not_stay() {
    let broken = Script::default().text("half of it").fails(model_error(Kind::Timeout, true));
    let world = World::told("hello", Replies::list([broken, Script::says("all of it")])).await;
    world.drain().await;
    assert_eq!(world.history(), ["user: hello", "assistant: all of it"]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_its_last_event_is_tried_again() {
    let cut = Script::default().text("half of it");
    let world = World::told("hello", Replies::list([cut, Script::says("all of it")])).await;
    world.drain().await;
    assert_eq!(world.history(), ["user: hello", "assistant: all of it"]);
}

#[tokio::test(start_paused = true)]
async fn after_twenty_five_attempts_the_turn_ends_in_an_error() {
    let world = World::told("hello", Replies::by(|_, _| refuses(Kind::Overloaded))).await;
    world.drain().await;
    assert_eq!(last_error(&world).kind, Kind::Overloaded);
    assert_eq!(world.model.requests().len(), ATTEMPTS as usize);
    let waits: u64 = (1..ATTEMPTS).map(|attempt| backoff_ms(attempt, None)).sum();
    assert!((waits..waits + 2_000).contains(&world.elapsed_ms()), "{} ms", world.elapsed_ms());
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_will_not_pass_ends_the_turn_and_the_next_message_goes_on() {
    let scripts = [Script::refuses(model_error(Kind::Auth, false)), Script::says("better")];
    let world = World::told("hello", Replies::list(scripts)).await;
    world.drain().await;
    let error = last_error(&world);
    assert_eq!((error.kind, error.retryable), (Kind::Auth, false));
    assert_eq!(world.model.requests().len(), 1);
    world.send("now?").await;
    world.drain().await;
    assert_eq!(world.history(), ["user: hello", "user: now?", "assistant: better"]);
    assert_eq!(world.chat().last_error, None);
}

#[tokio::test(start_paused = true)]
async fn a_message_queued_behind_an_error_runs_when_somebody_speaks() {
    let broken = Script::default().fails(model_error(Kind::Auth, false)).paced(Duration::from_secs(1));
    let scripts = [broken, Script::says("better"), Script::says("and so")];
    let world = World::told("hello", Replies::list(scripts)).await;
    world.pass_ms(300).await;
    world.send("queued").await;
    world.rest().await;
    assert_eq!(world.chat().status, Status::Error);
    world.send("now?").await;
    world.drain().await;
    let expected = ["user: hello", "user: queued", "assistant: better", "user: now?", "assistant: and so"];
    assert_eq!(world.history(), expected);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_filtered_keeps_its_words_and_is_an_error() {
    let filtered = Script::default().text("I would").finish(StopReason::Filtered);
    let world = World::told("hello", Replies::list([filtered])).await;
    world.drain().await;
    assert_eq!(last_error(&world).kind, Kind::ContentFilter);
    assert_eq!(world.history(), ["user: hello", "assistant: I would"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_withheld_is_not_asked_for_again() {
    let withheld = Script::default().finish(StopReason::Filtered);
    let world = World::told("hello", Replies::list([withheld])).await;
    world.drain().await;
    assert_eq!(last_error(&world).kind, Kind::ContentFilter);
    assert_eq!(world.history(), ["user: hello"]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_is_asked_for_again() {
    let empty = Script::default().finish(StopReason::End);
    let world = World::told("hello", Replies::list([empty, Script::says("well")])).await;
    world.drain().await;
    assert_eq!(world.history(), ["user: hello", "assistant: well"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_reached_its_length_is_an_answer() {
    let long = Script::default().text("and so on").finish(StopReason::Length);
    let world = World::told("hello", Replies::list([long])).await;
    world.drain().await;
    assert_eq!(world.history(), ["user: hello", "assistant: and so on"]);
    assert_eq!(world.chat().status, Status::Waiting);
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_is_given_up_after_ten_minutes() {
    let scripts = [Script::default().text("wait").hangs(), Script::says("here")];
    let world = World::told("hello", Replies::list(scripts)).await;
    world.until(|chat| chat.retry.is_some()).await;
    assert_eq!(world.chat().retry.unwrap().kind, Kind::StreamSilenceTimeout);
    let silence = STREAM_SILENCE_MS..STREAM_SILENCE_MS + 500;
    assert!(silence.contains(&world.elapsed_ms()), "{} ms", world.elapsed_ms());
    world.drain().await;
    assert_eq!(world.history(), ["user: hello", "assistant: here"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_longer_than_a_host_lives_ends_where_it_is_before_the_host_does() {
    let endless = Script::says(&"word ".repeat(1_000)).paced(Duration::from_secs(1));
    let world = World::quiet(Replies::list([endless])).await;
    world.queue.host_ms(120_000);
    world.send("hello").await;
    world.until(|chat| chat.last_answer_id.is_some()).await;
    assert!((105_000..106_000).contains(&world.elapsed_ms()), "{} ms", world.elapsed_ms());
    world.drain().await;
    let said = format!("assistant: {}", "word ".repeat(104));
    assert!(world.history()[1].starts_with(&said), "{:?}", world.history());
    assert_eq!(world.chat().status, Status::Waiting);
    assert_eq!(world.model.requests().len(), 1, "nobody else worked while it lived");
}

#[tokio::test(start_paused = true)]
async fn a_model_with_nothing_to_add_to_its_tools_ends_the_turn() {
    let call = Script::calls([("call-1", "unknown", serde_json::json!({}))]);
    let world = World::told("hello", Replies::list([call, Script::default().finish(StopReason::End)])).await;
    world.drain().await;
    assert_eq!(world.chat().status, Status::Waiting);
    assert_eq!(world.model.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_fits_is_not_paid_for_again() {
    let cut = Script::default().finish(StopReason::Length);
    let world = World::told("hello", Replies::list([cut])).await;
    world.drain().await;
    assert!(last_error(&world).detail.unwrap().contains("output limit"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_stays_empty_is_asked_for_four_times() {
    let world = World::told("hello", Replies::by(|_, _| Script::default().finish(StopReason::End))).await;
    world.drain().await;
    assert_eq!(last_error(&world).kind, Kind::Generic);
    assert_eq!(world.model.requests().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_that_nothing_can_be_done_with_is_paid_for_four_times() {
    let broken = || Script::refuses(ModelError { useless: true, ..model_error(Kind::Generic, true) });
    let world = World::told("hello", Replies::by(move |_, _| broken())).await;
    world.drain().await;
    assert_eq!((last_error(&world).kind, world.model.requests().len()), (Kind::Generic, 4));
}

#[tokio::test(start_paused = true)]
async fn an_outage_uses_up_no_useless_answers() {
    let empty = || Script::default().finish(StopReason::End);
    let busy = || refuses(Kind::Overloaded);
    let outage = [busy(), busy(), busy(), busy()];
    let scripts = outage.into_iter().chain([empty(), busy(), empty(), empty(), Script::says("at last")]);
    let world = World::told("hello", Replies::list(scripts)).await;
    world.drain().await;
    assert_eq!(world.history(), ["user: hello", "assistant: at last"]);
    assert_eq!(world.chat().useless_answers, 0, "history has changed");
}

#[tokio::test(start_paused = true)]
async fn useless_answers_are_counted_across_an_outage() {
    let world = World::told(
        "hello",
        Replies::by(|_, number| match number % 2 {
            0 => refuses(Kind::Overloaded),
            _ => Script::default().finish(StopReason::End),
        }),
    )
    .await;
    world.drain().await;
    assert_eq!(last_error(&world).kind, Kind::Generic);
    assert_eq!(world.model.requests().len(), 8, "four of them were answered");
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_more_bytes_than_are_kept_is_broken_off() {
    let flood = (0..5).fold(Script::default(), |script, _| {
        script.event(ModelEvent::Delta(Delta::Text { text: "x".repeat(1024 * 1024) }))
    });
    let world = World::told("hello", Replies::list([flood])).await;
    world.drain().await;
    assert!(last_error(&world).detail.unwrap().contains("too long"));
    assert_eq!(world.history(), ["user: hello"]);
}

#[tokio::test(start_paused = true)]
async fn attempts_that_die_again_and_again_are_given_up() {
    let world = World::quiet(Replies::by(|_, _| Script::says("never heard"))).await;
    world.trouble.at_every("next");
    world.send("hello").await;
    world.drain().await;
    let error = last_error(&world);
    assert_eq!((error.kind, error.retryable), (Kind::Generic, true));
    assert_eq!(world.model.requests().len(), ATTEMPTS as usize);
    assert_eq!(world.history(), ["user: hello"]);
}
