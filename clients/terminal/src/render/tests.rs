use chat::{
    cursor::{Cursor, Episode},
    event::{Body, Event},
    id::{CallId, ChatId},
    message::NewMessage,
    part::{Delta, Part},
    time::Timestamp,
};
use insta::assert_debug_snapshot;

use super::*;

const CHAT: ChatId = ChatId(uuid::Uuid::nil());

fn text(text: &str) -> Part {
    Part::Text { text: text.into() }
}

fn message(id: u64, role: Role, parts: Vec<Part>) -> Body {
    let content = parts.into_iter().map(Into::into).collect();
    let message = NewMessage::of(role, content).placed(MessageId(id), Timestamp(0), id);
    Body::Message { message: Box::new(message.view(CHAT).unwrap()) }
}

fn running() -> View {
    let mut view = View::new(CHAT);
    view.subscribing();
    let state = |body| Event { catch_up: true, ..Event::state(CHAT, 1, body) };
    let _ = view.apply(state(message(1, Role::User, vec![text("hi")])));
    let _ = view.apply(state(Body::Status { status: Status::Running }));
    let cursor = Cursor { snapshot_version: 1, ..Cursor::default() };
    let _ = view.apply(state(Body::CaughtUp { cursor }));
    view
}

fn stream(view: &mut View, attempt: u32, seq: u64, part: Delta) {
    let episode = Episode { history_version: 1, generation_attempt: attempt };
    assert_eq!(view.apply(Event::part(CHAT, episode, seq, part)), view::Verdict::Applied);
}

fn words(view: &mut View, attempt: u32, seq: u64, text: &str) {
    stream(view, attempt, seq, Delta::Text { text: text.into() });
}

fn commit(view: &mut View, version: u64, body: Body) {
    let _ = view.apply(Event::state(CHAT, version, body));
}

#[test]
fn a_committed_answer_prints_only_what_did_not_stream() {
    let (mut view, mut printed) = (running(), Printed::nothing(Echo::People));
    let mut pieces = printed.advance(&view);
    for (seq, part) in [(1, "Hel"), (2, "lo")] {
        words(&mut view, 1, seq, part);
        pieces.extend(printed.advance(&view));
    }
    commit(&mut view, 2, message(2, Role::Assistant, vec![text("Hello, you")]));
    pieces.extend(printed.advance(&view));
    assert_debug_snapshot!(pieces, @r#"
    [
        Line(
            "> hi",
        ),
        Text(
            "Hel",
        ),
        Text(
            "lo",
        ),
        Text(
            ", you",
        ),
        EndOfLine,
    ]
    "#);
    assert!(printed.advance(&view).is_empty());
}

#[test]
fn an_answer_that_streams_again_alike_is_printed_once() {
    let (mut view, mut printed) = (running(), Printed::nothing(Echo::Nobody));
    words(&mut view, 1, 1, "Hello");
    drop(printed.advance(&view));
    words(&mut view, 2, 1, "He");
    assert!(printed.advance(&view).is_empty());
    words(&mut view, 2, 2, "llo!");
    assert_eq!(printed.advance(&view), [Piece::Text("!".into())]);
}

#[test]
fn an_answer_that_becomes_another_says_so_and_starts_again() {
    let (mut view, mut printed) = (running(), Printed::nothing(Echo::Nobody));
    words(&mut view, 1, 1, "Hello");
    drop(printed.advance(&view));
    words(&mut view, 2, 1, "Good day");
    let again = Piece::Notice("the answer starts again".into());
    assert_eq!(printed.advance(&view), [Piece::EndOfLine, again, Piece::Text("Good day".into())]);
}

#[test]
fn a_call_is_printed_once_its_arguments_are_complete() {
    let (mut view, mut printed) = (running(), Printed::nothing(Echo::Nobody));
    let call = |args: &str| Delta::ToolCall {
        tool_call_id: "c".into(),
        tool_name: "read".into(),
        args_delta: args.into(),
    };
    stream(&mut view, 1, 1, call(r#"{"path":"#));
    assert!(printed.advance(&view).is_empty());
    stream(&mut view, 1, 2, call(r#""a"}"#));
    assert_eq!(printed.advance(&view), [Piece::Line(r#"⚙ read {"path":"a"}"#.into())]);
}

#[test]
fn a_pipe_gets_the_answer_without_the_thoughts() {
    let (mut view, mut printed) = (running(), Printed::nothing(Echo::Nobody));
    stream(&mut view, 1, 1, Delta::Reasoning { text: "hm".into() });
    words(&mut view, 1, 2, "Yes");
    assert_eq!(printed.advance(&view), [Piece::Text("Yes".into())]);
}

#[test]
fn what_was_typed_here_is_not_repeated() {
    let (view, mut printed) = (running(), Printed::nothing(Echo::People));
    printed.typed("hi");
    assert!(printed.advance(&view).is_empty());
}

#[test]
fn what_waits_is_told_once() {
    let (mut view, mut printed) = (running(), Printed::nothing(Echo::Nobody));
    let queued = |id: u64, said: &str| QueuedView {
        id: QueuedId(id),
        chat_id: CHAT,
        content: vec![text(said)],
        created_at: Timestamp(0),
        created_by: None,
        model_id: None,
        content_omitted: false,
    };
    let update = |queued_messages| Body::QueueUpdate { queued_messages };
    commit(&mut view, 2, update(vec![queued(1, "one"), queued(2, "two\nlines")]));
    let told = ["queued: one", "queued: two lines"].map(|told| Piece::Notice(told.into()));
    assert_eq!(printed.advance(&view), told);
    commit(&mut view, 3, update(vec![queued(2, "two\nlines")]));
    assert!(printed.advance(&view).is_empty());
}

#[test]
fn what_a_running_call_puts_out_is_no_answer_that_starts_again() {
    let (mut view, mut printed) = (running(), Printed::nothing(Echo::People));
    printed.advance(&view);
    let mut pieces = Vec::new();
    for (seq, line) in [(1, "1\n"), (2, "2\n"), (3, "3\n")] {
        let part = Delta::ToolResult {
            tool_call_id: CallId("c".into()),
            tool_name: "execute".into(),
            result_delta: line.into(),
        };
        stream(&mut view, 0, seq, part);
        pieces.extend(printed.advance(&view));
        pieces.extend(printed.advance(&view));
    }
    let line = |text: &str| Piece::Line(text.into());
    assert_eq!(pieces, [line("  … execute: 1"), line("  … execute: 2"), line("  … execute: 3")]);
}
