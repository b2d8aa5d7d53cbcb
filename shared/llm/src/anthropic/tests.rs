use chat::{
    failure::Kind,
    message::{Role, Usage},
    model::{Api, Effort, ModelConfig, ModelEvent, StopReason},
    part::{Delta, Part, StoredPart},
};
use serde_json::{Value, json};

use super::encode;
use crate::testing::{call, model, parts, request, result, rich, stream, text, thought, with_files};

mod searches;

const API: Api = Api::AnthropicMessages;
const ORIGIN: &str = "anthropic_messages/anthropic/claude-opus-4-7";

fn read(events: &[Value]) -> (Vec<ModelEvent>, Option<chat::model::ModelError>) {
    crate::testing::read(API, &stream(events))
}

fn start() -> Value {
    let usage = json!({
        "input_tokens": 10, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 30, "output_tokens": 1,
    });
    json!({"type": "message_start", "message": {"id": "msg_1", "role": "assistant", "usage": usage}})
}

fn open(index: u64, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u64, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn close(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn end(reason: &str) -> [Value; 2] {
    let delta = json!({"stop_reason": reason, "stop_sequence": null});
    [
        json!({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 40}}),
        json!({"type": "message_stop"}),
    ]
}

fn tool_use(index: u64, id: &str, name: &str) -> Value {
    open(index, json!({"type": "tool_use", "id": id, "name": name, "input": {}}))
}

fn args(index: u64, json: &str) -> Value {
    delta(index, json!({"type": "input_json_delta", "partial_json": json}))
}

/// Thinking, a redacted thought, text, and two calls, one without arguments.
pub(crate) fn full_answer() -> Vec<Value> {
    let mut events = vec![
        start(),
        json!({"type": "ping"}),
        open(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        delta(0, json!({"type": "thinking_delta", "thinking": "Let me "})),
        delta(0, json!({"type": "thinking_delta", "thinking": "see."})),
        delta(0, json!({"type": "signature_delta", "signature": "sig=="})),
        close(0),
        open(1, json!({"type": "redacted_thinking", "data": "secret"})),
        close(1),
        open(2, json!({"type": "text", "text": ""})),
        delta(2, json!({"type": "text_delta", "text": "I "})),
        delta(2, json!({"type": "text_delta", "text": "look."})),
        close(2),
        tool_use(3, "toolu_1", "read"),
        args(3, "{\"path\":"),
        args(3, " \"a\"}"),
        close(3),
        tool_use(4, "toolu_2", "list"),
        args(4, ""),
        close(4),
        json!({"type": "a_new_event"}),
    ];
    events.extend(end("tool_use"));
    events
}

fn full_parts() -> Vec<StoredPart> {
    vec![
        thought("Let me see.", ORIGIN, json!({"type": "thinking", "signature": "sig=="})),
        thought("", ORIGIN, json!({"type": "redacted_thinking", "data": "secret"})),
        text("I look."),
        call("toolu_1", "read", json!({"path": "a"})),
        call("toolu_2", "list", json!({})),
    ]
}

#[test]
fn attached_files_become_these_messages() {
    insta::assert_json_snapshot!(encode(&with_files(API))["messages"]);
}

#[test]
fn a_rich_history_becomes_this_request() {
    let item = json!({"type": "thinking", "signature": "sig=="});
    insta::assert_json_snapshot!(encode(&rich(API, item)));
}

#[test]
fn an_answer_becomes_parts() {
    let (events, failure) = read(&full_answer());
    assert_eq!(failure, None);
    assert_eq!(parts(&events), full_parts());
    let usage = Usage {
        input_tokens: 10,
        output_tokens: 40,
        cache_read_tokens: 30,
        cache_write_tokens: 20,
        ..Usage::default()
    };
    assert_eq!(events.last(), Some(&ModelEvent::Finish { reason: StopReason::ToolCalls, usage }));
}

#[test]
fn what_never_ends_is_broken_off() {
    let start = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking"}});
    let signature = "s".repeat(1024 * 1024);
    let delta = json!({"type": "content_block_delta", "index": 0,
        "delta": {"type": "signature_delta", "signature": signature}});
    let endless = [vec![start], vec![delta; 17]].concat();
    assert_eq!(read(&endless).1.unwrap().message, "the answer is too long");
    let block = |index: usize| json!({"type": "content_block_start", "index": index, "content_block": {"type": "thinking"}});
    let open: Vec<_> = (0..2_000).map(block).collect();
    assert_eq!(read(&open).1.unwrap().message, "the answer has too many open parts");
}

#[test]
fn what_was_answered_goes_back_as_it_came() {
    let (events, _) = read(&full_answer());
    let results =
        vec![result("toolu_1", "read", json!("x"), false), result("toolu_2", "list", json!("y"), false)];
    let history =
        vec![(Role::User, vec![text("Hi")]), (Role::Assistant, parts(&events)), (Role::Tool, results)];
    let mut body = encode(&request(API, history));
    body["messages"][1]["content"][4].as_object_mut().unwrap().remove("cache_control").unwrap();
    assert_eq!(
        body["messages"][1]["content"],
        json!([
            {"type": "thinking", "thinking": "Let me see.", "signature": "sig=="},
            {"type": "redacted_thinking", "data": "secret"},
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"path": "a"}},
            {"type": "tool_use", "id": "toolu_2", "name": "list", "input": {}},
        ])
    );
}

#[test]
fn a_thought_without_a_signature_is_shown_but_not_sent() {
    let mut events = vec![
        start(),
        open(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        delta(0, json!({"type": "thinking_delta", "thinking": "Hm."})),
        close(0),
    ];
    events.extend(end("end_turn"));
    let (events, _) = read(&events);
    let thought = Part::Reasoning { text: "Hm.".to_owned(), started_at: None, ended_at: None };
    assert_eq!(parts(&events), [thought.into()]);
    let history = vec![(Role::User, vec![text("Hi")]), (Role::Assistant, parts(&events))];
    assert_eq!(encode(&request(API, history))["messages"].as_array().unwrap().len(), 1);
}

#[test]
fn calls_may_be_told_in_turns() {
    let mut events = vec![start(), tool_use(0, "a", "x"), tool_use(1, "b", "y")];
    events.extend([args(0, "{\"n\":"), args(1, "{\"n\":2"), args(0, "1}"), args(1, "}"), close(1), close(0)]);
    events.extend(end("tool_use"));
    let (events, _) = read(&events);
    assert_eq!(parts(&events), [call("b", "y", json!({"n": 2})), call("a", "x", json!({"n": 1}))]);
}

#[test]
fn citations_follow_the_text_once_each() {
    let cite = |url: &str| {
        let citation = json!({"type": "web_search_result_location", "url": url, "title": "T"});
        delta(0, json!({"type": "citations_delta", "citation": citation}))
    };
    let words = |words: &str| delta(0, json!({"type": "text_delta", "text": words}));
    let mut events =
        vec![start(), open(0, json!({"type": "text", "text": ""})), words("a"), cite("http://x")];
    events.extend([words("b"), cite("http://x"), close(0)]);
    events.extend(end("end_turn"));
    let (events, _) = read(&events);
    let source = Part::Source { url: "http://x".to_owned(), title: Some("T".to_owned()) };
    assert_eq!(parts(&events), [text("ab"), source.into()]);
}

#[test]
fn reasons_to_stop_are_told_apart() {
    for (said, expect) in [
        ("end_turn", StopReason::End),
        ("stop_sequence", StopReason::End),
        ("max_tokens", StopReason::Length),
        ("model_context_window_exceeded", StopReason::Length),
        ("refusal", StopReason::Filtered),
        ("something_new", StopReason::End),
    ] {
        let (events, _) = read(&[&[start()], end(said).as_slice()].concat());
        assert!(matches!(events[..], [ModelEvent::Finish { reason, .. }] if reason == expect), "{said}");
    }
}

#[test]
fn a_call_that_the_limit_cut_off_is_dropped() {
    for cut in [vec![], vec![args(0, "{\"path\": \"/et")]] {
        let events =
            [vec![start(), tool_use(0, "a", "x")], cut, vec![close(0)], end("max_tokens").to_vec()].concat();
        let mut reading = crate::stream::Stream::of(&request(API, Vec::new()));
        reading.feed(stream(&events).as_bytes());
        let told: Vec<_> = std::iter::from_fn(|| reading.next()).map(Result::unwrap).collect();
        assert_eq!(parts(&told), []);
        assert!(matches!(told.last(), Some(ModelEvent::Finish { reason: StopReason::Length, .. })));
    }
}

#[test]
fn arguments_that_are_no_object_fail_and_may_be_asked_again() {
    let events =
        [vec![start(), tool_use(0, "a", "x"), args(0, "[1"), close(0)], end("tool_use").to_vec()].concat();
    let (_, failure) = read(&events);
    let failure = failure.unwrap();
    assert_eq!((failure.kind, failure.retryable), (Kind::Generic, true));
}

#[test]
fn an_error_in_the_stream_follows_what_was_said() {
    let error = json!({"type": "overloaded_error", "message": "Overloaded"});
    let words = delta(0, json!({"type": "text_delta", "text": "Hel"}));
    let error = json!({"type": "error", "error": error});
    let (events, failure) =
        read(&[start(), open(0, json!({"type": "text", "text": ""})), words, error, json!({"type": "ping"})]);
    assert_eq!(events, [ModelEvent::Delta(Delta::Text { text: "Hel".to_owned() })]);
    let failure = failure.unwrap();
    assert_eq!((failure.kind, failure.retryable), (Kind::Overloaded, true));
    assert_eq!(failure.code.as_deref(), Some("overloaded_error"));
}

#[test]
fn a_stream_without_its_last_event_failed() {
    let mut events = full_answer();
    events.pop();
    let (_, failure) = read(&events);
    let failure = failure.unwrap();
    assert_eq!((failure.kind, failure.retryable), (Kind::Timeout, true));
}

#[test]
fn events_that_are_not_json_fail() {
    let (_, failure) = crate::testing::read(API, "event: ping\ndata: {oops\n\n");
    let failure = failure.unwrap();
    assert_eq!((failure.kind, failure.retryable), (Kind::Generic, true));
}

#[test]
fn a_budget_is_not_spent_amid_tools_that_began_without_a_thought() {
    let ask = |assistant: Vec<StoredPart>| {
        let answered = vec![result("a", "x", json!("ok"), false)];
        let history =
            vec![(Role::User, vec![text("Hi")]), (Role::Assistant, assistant), (Role::Tool, answered)];
        let mut request = request(API, history);
        request.model = ModelConfig { model: "claude-haiku-4-5".to_owned(), ..model(API) }.into();
        request.effort = Some(Effort::Low);
        encode(&request)["thinking"].clone()
    };
    let call = call("a", "x", json!({}));
    let origin = "anthropic_messages/anthropic/claude-haiku-4-5";
    let thought = thought("Mine.", origin, json!({"type": "thinking", "signature": "s"}));
    assert_eq!(ask(vec![call.clone()]), Value::Null);
    assert_eq!(ask(vec![thought, call]), json!({"type": "enabled", "budget_tokens": 4_096}));
}

#[test]
fn a_thought_that_nothing_followed_is_not_sent() {
    let thought = || thought("Mine.", ORIGIN, json!({"type": "thinking", "signature": "s"}));
    let history = vec![
        (Role::User, vec![text("Hi")]),
        (Role::Assistant, vec![thought()]),
        (Role::User, vec![text("Go on.")]),
        (Role::Assistant, vec![text("So"), thought()]),
        (Role::User, vec![text("And?")]),
    ];
    let body = encode(&request(API, history));
    let said = |turn: usize| body["messages"][turn]["content"].as_array().unwrap().len();
    assert_eq!((body["messages"].as_array().unwrap().len(), said(0), said(1), said(2)), (3, 2, 1, 1));
}

#[test]
fn the_last_of_the_system_prompt_and_the_last_two_messages_are_cached() {
    let body = encode(&rich(API, json!({"type": "thinking", "signature": "s"})));
    let messages = body["messages"].as_array().unwrap();
    let marked = |list: &Value| -> Vec<bool> {
        list.as_array().unwrap().iter().map(|block| block.get("cache_control").is_some()).collect()
    };
    assert_eq!(marked(&body["system"]), [false, false, true]);
    assert!(!marked(&body["tools"]).contains(&true));
    let ends: Vec<_> = messages.iter().map(|message| marked(&message["content"]).last().copied()).collect();
    let expect: Vec<_> = (0..messages.len()).map(|at| Some(at + 2 >= messages.len())).collect();
    assert_eq!(ends, expect);
}
