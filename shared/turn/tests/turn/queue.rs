//! Messages that come while the chat is busy.

use std::time::Duration;

use chat::{
    id::ModelId,
    limit::QUEUED_MESSAGES,
    message::QueuedMessage,
    model::ModelConfig,
    record::Status,
    transition::{Refusal, Transition, WhenBusy},
};
use kit::{
    model::Script,
    replies::{Replies, echo},
    seed,
};
use serde_json::json;
use turn::CommitFailure;
use uuid::Uuid;

use crate::world::{TOOL, World};

/// Answers with what was said, a word a second.
fn slowly() -> Replies {
    Replies::by(|request, _| Script::says(&echo(request)).paced(Duration::from_secs(1)))
}

#[tokio::test(start_paused = true)]
async fn queued_messages_run_one_per_turn_in_order() {
    let world = World::told("one", slowly()).await;
    world.pass_ms(1_500).await;
    world.send("two").await;
    world.send("three").await;
    assert_eq!(world.chat().queue.len(), 2);
    world.drain().await;
    let expected = [
        "user: one",
        "assistant: you said: one; and that is all",
        "user: two",
        "assistant: you said: two; and that is all",
        "user: three",
        "assistant: you said: three; and that is all",
    ];
    assert_eq!(world.history(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses() {
    let world = World::told("hello", slowly()).await;
    for n in 0..QUEUED_MESSAGES {
        world.send(&n.to_string()).await;
    }
    let message = seed::queued("too much", world.now());
    let send = Transition::Send { message, when_busy: WhenBusy::Queue };
    let refused = world.commit(|draft| draft.apply(send.clone())).await;
    assert!(matches!(refused, Err(CommitFailure::Refused(Refusal::QueueFull))));
}

#[tokio::test(start_paused = true)]
async fn steering_joins_at_the_next_step_and_is_answered_in_the_same_turn() {
    let replies = Replies::by(|request, number| match number {
        0 => Script::calls([("c1", "moon", json!({}))]).paced(Duration::from_secs(1)),
        _ => Script::says(&echo(request)),
    });
    let world = World::told("hello", replies).await;
    world.pass_ms(500).await;
    world.send_when_busy("and quickly", WhenBusy::Steer).await;
    world.drain().await;
    let history = world.history();
    assert_eq!(history[3..], ["user: and quickly", "assistant: you said: and quickly; and that is all"]);
    assert!(history[2].starts_with("tool: c1"));
}

#[tokio::test(start_paused = true)]
async fn the_model_that_steering_names_answers_from_its_step_on() {
    let other = ModelConfig { id: ModelId(Uuid::from_u128(77)), is_default: false, ..seed::model() };
    let mut presets = seed::presets();
    presets.models.push(other.clone().into());
    let replies = Replies::by(|request, number| match number {
        0 => Script::calls([("c1", "moon", json!({}))]).paced(Duration::from_secs(1)),
        _ => Script::says(&echo(request)),
    });
    let world = World::offered(presets, replies).await;
    world.send("hello").await;
    world.pass_ms(500).await;
    let message = QueuedMessage { model_id: Some(other.id), ..seed::queued("and you", world.now()) };
    world.apply(Transition::Send { message, when_busy: WhenBusy::Steer }).await;
    world.drain().await;
    let asked: Vec<_> = world.model.requests().iter().map(|request| request.model.id).collect();
    assert_eq!(asked, [seed::model().id, other.id]);
}

#[tokio::test(start_paused = true)]
async fn steering_that_comes_with_the_last_words_is_answered_too() {
    let world = World::told("one", slowly()).await;
    world.pass_ms(1_500).await;
    world.send_when_busy("two", WhenBusy::Steer).await;
    world.send("three").await;
    world.drain().await;
    let users: Vec<_> = world.history().into_iter().filter(|line| line.starts_with("user")).collect();
    assert_eq!(users, ["user: one", "user: two", "user: three"]);
    assert_eq!(world.history()[3], "assistant: you said: two; and that is all");
}

#[tokio::test(start_paused = true)]
async fn steering_waits_while_a_client_is_to_answer() {
    let replies = Replies::by(|request, number| match number {
        0 => Script::calls([("c1", TOOL, json!({}))]),
        _ => Script::says(&echo(request)),
    });
    let world = World::told("hello", replies).await;
    world.until_status(Status::RequiresAction).await;
    world.send_when_busy("be brief", WhenBusy::Steer).await;
    world.answer("rain").await;
    world.drain().await;
    assert_eq!(world.history()[3], "user: be brief");
    assert_eq!(world.history()[4], "assistant: you said: be brief; and that is all");
}

#[tokio::test(start_paused = true)]
async fn an_interrupting_message_runs_next_before_those_in_the_queue() {
    let world = World::told("one", slowly()).await;
    world.pass_ms(2_500).await;
    world.send("two").await;
    world.send_when_busy("now", WhenBusy::Interrupt).await;
    world.drain().await;
    let expected = [
        "user: one",
        "assistant: you said: one; ",
        "user: now",
        "assistant: you said: now; and that is all",
        "user: two",
        "assistant: you said: two; and that is all",
    ];
    assert_eq!(world.history(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_promoted_message_runs_next() {
    let world = World::told("one", slowly()).await;
    world.pass_ms(2_500).await;
    world.send("two").await;
    world.send("three").await;
    let id = world.chat().queue[1].id;
    world.apply(Transition::Promote { id }).await;
    world.drain().await;
    let users: Vec<_> = world.history().into_iter().filter(|line| line.starts_with("user")).collect();
    assert_eq!(users, ["user: one", "user: three", "user: two"]);
}
