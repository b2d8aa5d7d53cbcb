//! Stops and edits in mid-stream.

use std::time::Duration;

use chat::{
    event::Body,
    model::{ModelEvent, StopReason},
    part::{Delta, ToolCall},
    record::Status,
    transition::WhenBusy,
};
use kit::{
    model::Script,
    replies::{Replies, echo},
};
use serde_json::json;

use crate::world::{TOOL, World};

const SECOND: Duration = Duration::from_secs(1);

fn call(id: &str) -> ToolCall {
    ToolCall {
        tool_call_id: id.into(),
        tool_name: TOOL.into(),
        args: json!({"city": "Bern"}),
        provider_executed: false,
    }
}

fn piece(id: &str, args_delta: &str) -> ModelEvent {
    ModelEvent::Delta(Delta::ToolCall {
        tool_call_id: id.into(),
        tool_name: TOOL.into(),
        args_delta: args_delta.into(),
    })
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_keeps_the_words_that_were_written() {
    let world =
        World::told("hello", Replies::list([Script::says("one two three four five").paced(SECOND)])).await;
    world.pass_ms(2_500).await;
    assert!(world.interrupt().await);
    world.drain().await;
    assert_eq!(world.history(), ["user: hello", "assistant: one two three "]);
    assert_eq!(world.chat().status, Status::Waiting);
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_before_the_first_word_leaves_nothing() {
    let world = World::told("hello", Replies::list([Script::default().hangs()])).await;
    world.pass_ms(2_500).await;
    assert!(world.interrupt().await);
    world.drain().await;
    assert_eq!(world.history(), ["user: hello"]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_model_is_interrupted_at_the_next_look() {
    for (listens, within_ms) in [(false, 1_600), (true, 1_100)] {
        let world = World::told("hello", Replies::list([Script::default().text("one").hangs()])).await;
        if listens {
            world.listen("one").await;
        }
        world.pass_ms(7_300).await;
        assert!(world.interrupt().await);
        let asked_at = world.elapsed_ms();
        world.rest().await;
        assert!(world.elapsed_ms() - asked_at <= within_ms, "{} ms", world.elapsed_ms() - asked_at);
        assert_eq!(world.history(), ["user: hello", "assistant: one"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_does_not_even_answer_is_interrupted_within_a_second() {
    let slow = Script::says("late").paced(Duration::from_secs(120));
    let world = World::told("hello", Replies::list([slow])).await;
    world.pass_ms(4_000).await;
    assert!(world.interrupt().await);
    let asked_at = world.elapsed_ms();
    world.rest().await;
    assert!(world.elapsed_ms() - asked_at <= 1_100);
}

#[tokio::test(start_paused = true)]
async fn finished_calls_of_an_interrupted_answer_get_results_and_unfinished_ones_go() {
    let script = Script::default()
        .text("let me ")
        .call(call("c1"))
        .event(piece("c2", r#"{"city": "#))
        .event(piece("c2", r#""Basel"}"#))
        .event(piece("c3", r#"{"ci"#))
        .hangs();
    let world = World::told("hello", Replies::list([script])).await;
    world.pass_ms(3_000).await;
    assert!(world.interrupt().await);
    world.drain().await;
    let stopped = r#"{"error":"the call was interrupted"}"#;
    let expected = [
        "user: hello".to_owned(),
        "assistant: let me ".to_owned(),
        r#"assistant: c1 = weather({"city":"Bern"})"#.to_owned(),
        r#"assistant: c2 = weather({"city":"Basel"})"#.to_owned(),
        format!("tool: c1 failed {stopped}"),
        format!("tool: c2 failed {stopped}"),
    ];
    assert_eq!(world.history(), expected);
    assert_eq!(world.chat().status, Status::Waiting);
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_while_the_answer_is_committed_keeps_the_answer_or_stops_it() {
    for at_ms in (2_900..3_100).step_by(10) {
        let world = World::told("hello", Replies::list([Script::says("one two").paced(SECOND)])).await;
        world.pass_ms(at_ms).await;
        world.interrupt().await;
        world.drain().await;
        let history = world.history();
        assert_eq!(history.len(), 2, "{history:?}");
        assert!("assistant: one two".starts_with(history[1].trim_end()), "{history:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_in_mid_stream_drops_the_answer_and_its_step_commits_nothing() {
    let replies = Replies::by(|request, number| match number {
        0 => Script::says("this must go").paced(SECOND),
        _ => Script::says(&echo(request)),
    });
    let world = World::quiet(replies).await;
    world.listen("one").await;
    world.send("hello").await;
    world.pass_ms(1_500).await;
    world.send("in the queue").await;
    world.edit(1, "good day").await;
    world.drain().await;
    assert_eq!(world.history(), ["user: good day", "assistant: you said: good day; and that is all"]);
    let ids: Vec<u64> = world.messages().iter().map(|message| message.id.0).collect();
    assert_eq!(ids, [2, 3]);
    let events = world.heard("one");
    let reset = events.iter().position(|event| matches!(event.body, Body::HistoryReset { .. })).unwrap();
    let stale = events[reset..].iter().any(|event| {
        matches!(&event.body, Body::MessagePart { part: Delta::Text { text }, .. } if text.contains("this"))
    });
    assert!(!stale, "words of the dropped answer follow the edit");
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_a_parked_turn_drops_its_calls() {
    let replies = Replies::by(|request, number| match number {
        0 => Script::default().call(call("c1")).finish(StopReason::ToolCalls),
        _ => Script::says(&echo(request)),
    });
    let world = World::told("hello", replies).await;
    world.until_status(Status::RequiresAction).await;
    world.edit(1, "good day").await;
    world.drain().await;
    assert_eq!(world.history(), ["user: good day", "assistant: you said: good day; and that is all"]);
    assert!(world.snapshot().ledger.is_empty());
}

#[tokio::test(start_paused = true)]
async fn interrupts_and_messages_in_quick_succession_lose_nothing() {
    let replies = Replies::by(|request, _| Script::says(&echo(request)).paced(Duration::from_millis(300)));
    let world = World::told("0", replies).await;
    for n in 1..8 {
        world.pass_ms(n * 137 % 500).await;
        world.send_when_busy(&n.to_string(), WhenBusy::Interrupt).await;
    }
    world.drain().await;
    let users: Vec<_> = world.history().into_iter().filter(|line| line.starts_with("user")).collect();
    assert_eq!(users.len(), 8, "{:?}", world.history());
    assert_eq!(world.chat().status, Status::Waiting);
    assert!(world.history().last().unwrap().starts_with("assistant: you said: "));
}
