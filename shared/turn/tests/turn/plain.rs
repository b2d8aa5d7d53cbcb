//! Turns in which nothing goes wrong.

use chat::{
    cursor::Episode,
    event::{Body, Event},
    message::Usage,
    part::{Delta, push_delta},
    record::Status,
};
use kit::{
    model::Script,
    replies::{Replies, thinks},
};

use crate::world::{TITLE, World};

/// Returns the events in short, parts joined by episode.
pub(crate) fn told(events: &[Event]) -> Vec<String> {
    let mut told = Vec::new();
    let mut streamed: Option<(Episode, Vec<Delta>)> = None;
    for event in events {
        match (&event.body, &mut streamed) {
            (Body::MessagePart { episode, part, .. }, Some((held, parts))) if held == episode => {
                push_delta(parts, part.clone());
            }
            (Body::MessagePart { episode, part, .. }, _) => {
                told.extend(streamed.replace((*episode, vec![part.clone()])).map(parts));
            }
            _ => {
                told.extend(streamed.take().map(parts));
                told.push(short(event));
            }
        }
    }
    told.extend(streamed.map(parts));
    told
}

fn parts((episode, parts): (Episode, Vec<Delta>)) -> String {
    format!("parts of {}.{}: {parts:?}", episode.history_version, episode.generation_attempt)
}

fn short(event: &Event) -> String {
    let version = event.snapshot_version.unwrap_or_default();
    let more = if event.more { "+" } else { "" };
    let what = match &event.body {
        Body::Message { message } => format!("message {} {:?}", message.id, message.role),
        Body::Status { status } => format!("status {}", status.as_str()),
        Body::QueueUpdate { queued_messages } => format!("queue of {}", queued_messages.len()),
        Body::Error { error } => format!("error {:?}", error.kind),
        Body::Retry { retry } => format!("retry after {} in {}", retry.attempt, retry.delay_ms),
        Body::ActionRequired { tool_calls } => format!("action for {}", tool_calls.len()),
        Body::HistoryReset { from_message_id } => format!("forget from {from_message_id}"),
        Body::PreviewReset {} => "preview reset".into(),
        Body::Chat { chat } => format!("chat {:?}", chat.title),
        Body::MessagePart { .. } | Body::CaughtUp { .. } => format!("{:?}", event.body),
    };
    format!("{version}{more} {what}")
}

#[tokio::test(start_paused = true)]
async fn an_answer_ends_the_turn() {
    let world = World::quiet(Replies::list([Script::says("hi there you")])).await;
    world.listen("one").await;
    world.listen("two").await;
    world.send("hello").await;
    world.drain().await;
    assert_eq!(world.history(), ["user: hello", "assistant: hi there you"]);
    let chat = world.chat();
    assert_eq!((chat.status, chat.title.as_str(), chat.due_at), (Status::Waiting, TITLE, None));
    let usage = Usage { input_tokens: 10, output_tokens: 5, ..Usage::default() };
    assert_eq!((chat.usage, chat.context_tokens, chat.context_limit), (usage, 15, 200_000));
    assert_eq!(told(&world.heard("one")), told(&world.heard("two")));
    insta::assert_snapshot!(told(&world.heard("one")).join("\n"), @r#"
    2+ message 1 User
    2 status running
    3 preview reset
    parts of 2.1: [Text { text: "hi " }]
    4+ message 2 Assistant
    4 chat "A chat"
    5 status waiting
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_thought_comes_before_the_answer() {
    let world = World::told("hello", Replies::list([thinks("let me see", "well then")])).await;
    world.rest().await;
    assert_eq!(world.history(), ["user: hello", "assistant: (let me see)", "assistant: well then"]);
}

#[tokio::test(start_paused = true)]
async fn every_version_is_announced_once_and_closed_by_an_event_without_more() {
    let world = World::quiet(Replies::list([Script::says("a b c"), Script::says("d e f")])).await;
    world.listen("one").await;
    world.send("hello").await;
    world.send("again").await;
    world.drain().await;
    let closing: Vec<u64> = world
        .heard("one")
        .iter()
        .filter(|event| !event.more)
        .filter_map(|event| event.snapshot_version)
        .collect();
    let last = world.chat().versions.snapshot;
    assert_eq!(closing, (2..=last).collect::<Vec<u64>>());
}

#[tokio::test(start_paused = true)]
async fn the_next_turn_reads_what_the_last_one_said() {
    let world = World::told("one", Replies::list([Script::says("first"), Script::says("second")])).await;
    world.rest().await;
    world.send("two").await;
    world.drain().await;
    let asked = world.model.requests();
    let said: Vec<_> = asked[1].messages.iter().map(|m| kit::replies::text_of(m)).collect();
    assert_eq!(said, ["one", "first", "two"]);
}

#[tokio::test(start_paused = true)]
async fn a_chat_whose_model_is_gone_stops_with_an_error() {
    let world = World::quiet(Replies::list([])).await;
    let message = chat::message::QueuedMessage {
        model_id: Some(chat::id::ModelId(uuid::Uuid::nil())),
        ..kit::seed::queued("hello", world.now())
    };
    let when_busy = chat::transition::WhenBusy::Queue;
    world.apply(chat::transition::Transition::Send { message, when_busy }).await;
    world.drain().await;
    assert_eq!(world.chat().last_error.unwrap().kind, chat::failure::Kind::Config);
}
