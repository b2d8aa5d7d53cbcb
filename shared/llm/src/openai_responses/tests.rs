use chat::{
    failure::Kind,
    message::{Role, Usage},
    model::{Api, ModelConfig, ModelEvent, StopReason},
    part::{Part, ProviderItem, StoredPart},
};
use serde_json::{Value, json};

use super::encode;
use crate::testing::{call, model, parts, request, result, rich, stream, text, thought, with_files};

const API: Api = Api::OpenaiResponses;
const ORIGIN: &str = "openai_responses/openai/gpt-5.2";

fn read(events: &[Value]) -> (Vec<ModelEvent>, Option<chat::model::ModelError>) {
    crate::testing::read(API, &stream(events))
}

fn added(index: u64, item: Value) -> Value {
    json!({"type": "response.output_item.added", "output_index": index, "item": item})
}

fn done(index: u64, item: Value) -> Value {
    json!({"type": "response.output_item.done", "output_index": index, "item": item})
}

fn piece(kind: &str, index: u64, delta: &str) -> Value {
    json!({"type": format!("response.{kind}.delta"), "output_index": index, "delta": delta})
}

fn completed() -> Value {
    let usage = json!({
        "input_tokens": 100, "input_tokens_details": {"cached_tokens": 60},
        "output_tokens": 50, "output_tokens_details": {"reasoning_tokens": 20}, "total_tokens": 150,
    });
    json!({"type": "response.completed", "response": {"status": "completed", "usage": usage}})
}

fn reasoning_item() -> Value {
    let summary = json!([
        {"type": "summary_text", "text": "First."},
        {"type": "summary_text", "text": "Second."},
    ]);
    json!({"id": "rs_1", "type": "reasoning", "summary": summary, "encrypted_content": "gAAA"})
}

fn message_item() -> Value {
    json!({
        "id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "phase": "commentary",
        "content": [{"type": "output_text", "text": "I look.", "annotations": []}],
    })
}

fn call_item(id: &str, arguments: &str) -> Value {
    json!({
        "id": format!("fc_{id}"), "type": "function_call", "status": "completed",
        "call_id": id, "name": "read", "arguments": arguments,
    })
}

pub(crate) fn full_answer() -> Vec<Value> {
    let part = |index: u64| json!({"type": "response.reasoning_summary_part.added", "output_index": 0, "summary_index": index});
    vec![
        json!({"type": "response.created", "response": {"status": "in_progress"}}),
        added(0, json!({"id": "rs_1", "type": "reasoning", "summary": []})),
        part(0),
        piece("reasoning_summary_text", 0, "First."),
        part(1),
        piece("reasoning_summary_text", 0, "Second."),
        done(0, reasoning_item()),
        added(1, json!({"id": "msg_1", "type": "message", "role": "assistant", "content": []})),
        piece("output_text", 1, "I "),
        piece("output_text", 1, "look."),
        done(1, message_item()),
        added(2, call_item("call_1", "")),
        added(3, call_item("call_2", "")),
        piece("function_call_arguments", 2, "{\"n\":"),
        piece("function_call_arguments", 3, "{\"n\":2}"),
        piece("function_call_arguments", 2, "1}"),
        done(2, call_item("call_1", "{\"n\":1}")),
        done(3, call_item("call_2", "{\"n\":2}")),
        json!({"type": "response.a_new_event"}),
        completed(),
    ]
}

fn owned(part: StoredPart, item: Value) -> StoredPart {
    StoredPart { provider: Some(ProviderItem { origin: ORIGIN.to_owned(), item }), ..part }
}

#[test]
fn attached_files_become_these_messages() {
    insta::assert_json_snapshot!(encode(&with_files(API))["input"]);
}

#[test]
fn a_rich_history_becomes_this_request() {
    let mut request = rich(API, reasoning_item());
    // The last call came with the thought.
    let last = request.messages[7].as_ref().clone();
    let mut content = last.content.clone();
    content[1] =
        owned(content[1].clone(), json!({"id": "fc_9", "type": "function_call", "status": "completed"}));
    request.messages[7] = chat::message::Message { content, ..last }.into();
    insta::assert_json_snapshot!(encode(&request));
}

#[test]
fn an_answer_becomes_parts() {
    let (events, failure) = read(&full_answer());
    assert_eq!(failure, None);
    let item = |id: &str| json!({"id": id, "type": "function_call", "status": "completed"});
    let message = json!({
        "id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "phase": "commentary",
    });
    let expect = [
        thought("First.\n\nSecond.", ORIGIN, reasoning_item()),
        owned(text("I look."), message),
        owned(call("call_1", "read", json!({"n": 1})), item("fc_call_1")),
        owned(call("call_2", "read", json!({"n": 2})), item("fc_call_2")),
    ];
    assert_eq!(parts(&events), expect);
    let usage = Usage {
        input_tokens: 40,
        output_tokens: 50,
        cache_read_tokens: 60,
        reasoning_tokens: 20,
        ..Usage::default()
    };
    assert_eq!(events.last(), Some(&ModelEvent::Finish { reason: StopReason::ToolCalls, usage }));
}

#[test]
fn what_was_answered_goes_back_as_it_came() {
    let (events, _) = read(&full_answer());
    let results =
        vec![result("call_1", "read", json!("x"), false), result("call_2", "read", json!("y"), true)];
    let history =
        vec![(Role::User, vec![text("Hi")]), (Role::Assistant, parts(&events)), (Role::Tool, results)];
    let body = encode(&request(API, history));
    let expect = [
        json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}),
        reasoning_item(),
        message_item(),
        call_item("call_1", "{\"n\":1}"),
        call_item("call_2", "{\"n\":2}"),
        json!({"type": "function_call_output", "call_id": "call_1", "output": "x"}),
        json!({"type": "function_call_output", "call_id": "call_2", "output": "Error: y"}),
    ];
    assert_eq!(body["input"].as_array().unwrap(), &expect);
}

#[test]
fn a_thought_goes_back_only_with_what_it_led_to() {
    let partial = vec![thought("First.", ORIGIN, reasoning_item()), text("I lo")];
    let history = vec![(Role::User, vec![text("Hi")]), (Role::Assistant, partial)];
    let body = encode(&request(API, history));
    assert_eq!(body["input"].as_array().unwrap().len(), 2);
    assert_eq!(body["input"][1]["content"][0]["text"], "I lo");
}

#[test]
fn a_thought_that_is_not_encrypted_takes_the_ids_after_it_along() {
    let bare =
        json!({"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "S."}]});
    let (events, _) =
        read(&[done(0, bare), done(1, message_item()), done(2, call_item("call_1", "")), completed()]);
    let thought = Part::Reasoning { text: "S.".to_owned(), started_at: None, ended_at: None };
    assert_eq!(parts(&events), [thought.into(), text("I look."), call("call_1", "read", json!({}))]);
}

#[test]
fn another_providers_thoughts_and_items_stay_there() {
    let (events, _) = read(&full_answer());
    let mut request = request(API, vec![(Role::Assistant, parts(&events))]);
    request.model = ModelConfig { provider: "rehearsal".to_owned(), ..model(API) }.into();
    let body = encode(&request);
    let kinds: Vec<_> = body["input"].as_array().unwrap().iter().map(|item| &item["type"]).collect();
    assert_eq!(kinds, ["message", "function_call", "function_call"]);
    assert_eq!(body["input"][1]["id"], Value::Null);
}

#[test]
fn citations_become_sources() {
    let note = json!({"type": "url_citation", "url": "http://x", "title": "T"});
    let noted = json!({"type": "response.output_text.annotation.added", "annotation": note});
    let item = json!({"id": "m", "type": "message", "content": [
        {"type": "output_text", "text": "ab", "annotations": [note]}]});
    let (events, _) = read(&[
        piece("output_text", 0, "a"),
        noted,
        piece("output_text", 0, "b"),
        done(0, item),
        completed(),
    ]);
    let source = Part::Source { url: "http://x".to_owned(), title: Some("T".to_owned()) };
    assert_eq!(parts(&events)[1], source.into());
}

#[test]
fn reasons_to_stop_are_told_apart() {
    let incomplete = |reason: &str| {
        let response = json!({"incomplete_details": {"reason": reason}, "usage": null});
        json!({"type": "response.incomplete", "response": response})
    };
    for (event, expect) in [
        (completed(), StopReason::End),
        (incomplete("max_output_tokens"), StopReason::Length),
        (incomplete("content_filter"), StopReason::Filtered),
    ] {
        let (events, _) = read(&[event]);
        assert!(matches!(events[..], [ModelEvent::Finish { reason, .. }] if reason == expect), "{expect:?}");
    }
}

#[test]
fn a_call_that_the_limit_cut_off_is_dropped() {
    for cut in ["", "{\"n\""] {
        let item = json!({"id": "fc_1", "type": "function_call", "status": "incomplete",
            "call_id": "call_1", "name": "read", "arguments": cut});
        let details = json!({"reason": "max_output_tokens"});
        let incomplete = json!({"type": "response.incomplete", "response": {"incomplete_details": details}});
        for closed in [vec![], vec![done(0, item)]] {
            let events =
                [vec![added(0, call_item("call_1", "")), piece("function_call_arguments", 0, cut)], closed];
            let mut reading = crate::stream::Stream::of(&request(API, Vec::new()));
            reading.feed(stream(&[events.concat(), vec![incomplete.clone()]].concat()).as_bytes());
            let told: Vec<_> = std::iter::from_fn(|| reading.next()).map(Result::unwrap).collect();
            assert_eq!(parts(&told), []);
            assert!(matches!(told.last(), Some(ModelEvent::Finish { reason: StopReason::Length, .. })));
        }
    }
}

#[test]
fn a_refusal_is_shown_and_filtered() {
    let item = json!({"id": "m", "type": "message", "content": [{"type": "refusal", "refusal": "No."}]});
    let (events, _) = read(&[piece("refusal", 0, "No."), done(0, item), completed()]);
    assert_eq!(parts(&events), [text("No.")]);
    assert!(matches!(events.last(), Some(ModelEvent::Finish { reason: StopReason::Filtered, .. })));
}

#[test]
fn failures_in_the_stream_are_classified() {
    let failed = |code: &str| {
        let error = json!({"code": code, "message": "words"});
        json!({"type": "response.failed", "response": {"status": "failed", "error": error}})
    };
    for (event, expect) in [
        (failed("server_error"), (Kind::Generic, true)),
        (failed("rate_limit_exceeded"), (Kind::RateLimit, true)),
        (failed("context_length_exceeded"), (Kind::Config, false)),
        (json!({"type": "error", "code": "insufficient_quota", "message": "m"}), (Kind::UsageLimit, false)),
        (json!({"type": "error", "error": {"type": "server_error", "message": "m"}}), (Kind::Generic, true)),
    ] {
        let failure = read(&[event]).1.unwrap();
        assert_eq!((failure.kind, failure.retryable), expect, "{failure:?}");
    }
}

#[test]
fn a_stream_without_its_last_event_failed() {
    let failure = read(&[piece("output_text", 0, "a")]).1.unwrap();
    assert_eq!((failure.kind, failure.retryable), (Kind::Timeout, true));
}

#[test]
fn models_that_do_not_think_are_not_asked_to() {
    let mut request = rich(API, json!({}));
    request.model = ModelConfig { model: "gpt-4.1".to_owned(), ..model(API) }.into();
    let body = encode(&request);
    assert_eq!((&body["include"], &body["reasoning"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_search_of_the_providers_own_is_kept_and_goes_back_after_its_thought() {
    let thought = json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e"});
    let action = json!({"type": "search", "query": "q", "sources": [{"type": "url", "url": "http://y"}]});
    let search = json!({"type": "web_search_call", "id": "ws_1", "status": "completed", "action": action});
    let note = json!({"type": "url_citation", "url": "http://x", "title": "T"});
    let content = json!([{"type": "output_text", "text": "So.", "annotations": [note]}]);
    let message = json!({"type": "message", "id": "msg_1", "role": "assistant", "content": content});
    let done = |index: u64, item: &Value| json!({"type": "response.output_item.done", "output_index": index, "item": item});
    let (heard, failure) = crate::testing::read(
        API,
        &stream(&[
            done(0, &thought),
            json!({"type": "response.web_search_call.searching", "output_index": 1}),
            done(1, &search),
            done(2, &message),
            json!({"type": "response.completed", "response": {"usage": {}}}),
        ]),
    );
    assert_eq!(failure, None);
    let answer = parts(&heard);
    insta::assert_json_snapshot!(answer);
    let body = encode(&request(API, vec![(Role::Assistant, answer)]));
    let mut sent = search;
    sent["action"] = json!({"type": "search", "query": "q"});
    assert_eq!(body["input"].as_array().unwrap()[..2], [thought, sent]);
}
