//! Every way in which an answer fails leaves the chat in one state, whichever wire format the events came from: some
//! tell a text whole before the failure, some only its pieces.

use chat::{
    failure::Kind,
    limit::STREAM_SILENCE_MS,
    model::{ModelEvent, StopReason},
    part::Delta,
    record::Status,
};
use kit::{
    model::{Script, model_error},
    replies::Replies,
};

use crate::world::World;

fn piece(text: &str) -> ModelEvent {
    ModelEvent::Delta(Delta::Text { text: text.to_owned() })
}

/// The pieces of a text that was not told whole.
fn half() -> Script {
    Script::default().event(piece("Half ")).event(piece("of it"))
}

/// The pieces of a call whose arguments were not told whole.
fn half_a_call(said: Script) -> Script {
    said.event(ModelEvent::Delta(Delta::ToolCall {
        tool_call_id: "call-1".into(),
        tool_name: "fs_read".to_owned(),
        args_delta: "{\"path\":".to_owned(),
    }))
}

/// Each way to fail that may pass, as each kind of wire tells it, and what the chat shows while it waits.
fn ways() -> Vec<(&'static str, Vec<Script>, Kind)> {
    let fails = |script: Script, kind| script.fails(model_error(kind, true));
    let in_call = |kind| {
        let looks = || Script::default().text("I look.");
        vec![
            fails(half_a_call(looks()), kind),
            fails(looks(), kind),
            fails(Script::default().event(piece("I look.")), kind),
        ]
    };
    let in_text = |kind| vec![fails(half(), kind), fails(Script::default().text("Half of it"), kind)];
    let at_once = |kind| vec![Script::refuses(model_error(kind, true)), fails(Script::default(), kind)];
    vec![
        ("cut in text", [in_text(Kind::Timeout), vec![half()]].concat(), Kind::Timeout),
        ("cut in a call", in_call(Kind::Timeout), Kind::Timeout),
        ("an error in the stream", in_text(Kind::Overloaded), Kind::Overloaded),
        ("overloaded before", at_once(Kind::Overloaded), Kind::Overloaded),
        ("a malformed event", in_text(Kind::Generic), Kind::Generic),
        ("truncated arguments", in_call(Kind::Generic), Kind::Generic),
        (
            "silence",
            vec![half().hangs(), Script::default().text("Half of it").hangs()],
            Kind::StreamSilenceTimeout,
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_way_to_fail_that_may_pass_is_tried_again_and_leaves_no_word() {
    for (way, scripts, kind) in ways() {
        for script in scripts {
            let world = World::told("hello", Replies::list([script, Script::says("well")])).await;
            world.until(|chat| chat.retry.is_some()).await;
            let chat = world.chat();
            let retry = chat.retry.clone().unwrap();
            assert_eq!((chat.status, retry.kind, retry.attempt), (Status::Running, kind, 1), "{way}");
            assert_eq!((chat.lease, &chat.last_error), (None, &None), "{way}");
            assert_eq!(world.history(), ["user: hello"], "{way}");
            let waited = if kind == Kind::StreamSilenceTimeout { STREAM_SILENCE_MS } else { 0 };
            assert!((waited..waited + 1_000).contains(&world.elapsed_ms()), "{way}");
            world.drain().await;
            assert_eq!(world.history(), ["user: hello", "assistant: well"], "{way}");
            let chat = world.chat();
            assert_eq!((chat.status, chat.retry, chat.last_error), (Status::Waiting, None, None), "{way}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_filter_keeps_what_was_said_and_ends_the_turn() {
    let filtered = Script::default().text("I would").finish(StopReason::Filtered);
    let world = World::told("hello", Replies::list([filtered])).await;
    world.drain().await;
    let chat = world.chat();
    let error = chat.last_error.unwrap();
    assert_eq!((chat.status, error.kind, error.retryable), (Status::Error, Kind::ContentFilter, false));
    assert_eq!((chat.retry, world.model.requests().len()), (None, 1));
    assert_eq!(world.history(), ["user: hello", "assistant: I would"]);
}
