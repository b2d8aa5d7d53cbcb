use chat::{
    catalogue::ProviderKind,
    failure::Kind,
    message::{Role, Usage},
    model::{Api, ModelConfig, ModelEvent, StopReason},
    part::{Part, ProviderItem, StoredPart},
};
use serde_json::{Value, json};

use super::encode;
use crate::testing::{call, model, parts, request, result, rich, stream, text, thought, with_files};

const API: Api = Api::OpenaiChat;
const ORIGIN: &str = "openai_chat/local/qwen3";

fn read(events: &[Value]) -> (Vec<ModelEvent>, Option<chat::model::ModelError>) {
    crate::testing::read(API, &stream(events))
}

fn chunk(delta: Value) -> Value {
    json!({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

fn tool(index: u64, id: Option<&str>, arguments: &str) -> Value {
    let name = id.map(|_| "read");
    let function = json!({"name": name, "arguments": arguments});
    chunk(json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": function}]}))
}

fn finish(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

fn usage() -> Value {
    let usage = json!({
        "prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 60},
        "completion_tokens": 50, "completion_tokens_details": {"reasoning_tokens": 20},
    });
    json!({"choices": [], "usage": usage})
}

pub(crate) fn full_answer() -> Vec<Value> {
    vec![
        chunk(json!({"role": "assistant", "content": ""})),
        chunk(json!({"reasoning_content": "Let me "})),
        chunk(json!({"reasoning_content": "see.", "content": null})),
        chunk(json!({"content": "I "})),
        chunk(json!({"content": "look."})),
        tool(0, Some("call_1"), ""),
        tool(1, Some("call_2"), "{\"n\":"),
        tool(0, None, "{\"n\":1}"),
        tool(1, None, "2}"),
        finish("tool_calls"),
        usage(),
        json!("[DONE]"),
    ]
}

#[test]
fn attached_files_become_these_messages() {
    insta::assert_json_snapshot!(encode(&with_files(API))["messages"]);
}

#[test]
fn a_rich_history_becomes_this_request() {
    insta::assert_json_snapshot!(encode(&rich(API, json!({"field": "reasoning_content"}))));
}

#[test]
fn an_answer_becomes_parts() {
    let (events, failure) = read(&full_answer());
    assert_eq!(failure, None);
    let expect = [
        thought("Let me see.", ORIGIN, json!({"field": "reasoning_content"})),
        text("I look."),
        call("call_1", "read", json!({"n": 1})),
        call("call_2", "read", json!({"n": 2})),
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
fn thoughts_go_back_within_a_turn_and_not_after_it() {
    let (events, _) = read(&full_answer());
    let results =
        vec![result("call_1", "read", json!("x"), false), result("call_2", "read", json!("y"), false)];
    let mut history =
        vec![(Role::User, vec![text("Hi")]), (Role::Assistant, parts(&events)), (Role::Tool, results)];
    let thought = |history: &[(Role, Vec<StoredPart>)]| {
        encode(&request(API, history.to_vec()))["messages"][1]["reasoning_content"].clone()
    };
    assert_eq!(thought(&history), "Let me see.");
    history.push((Role::Assistant, vec![text("Done.")]));
    history.push((Role::User, vec![text("Thanks.")]));
    assert_eq!(thought(&history), Value::Null);
}

#[test]
fn a_finish_reason_and_the_end_suffice() {
    let (events, failure) = read(&[chunk(json!({"content": "Hi"})), finish("stop")]);
    assert_eq!(failure, None);
    assert_eq!(parts(&events), [text("Hi")]);
    assert!(matches!(events.last(), Some(ModelEvent::Finish { reason: StopReason::End, .. })));
}

#[test]
fn a_stream_without_a_finish_reason_failed() {
    for tail in [vec![], vec![json!("[DONE]")]] {
        let failure = read(&[vec![chunk(json!({"content": "Hi"}))], tail].concat()).1.unwrap();
        assert_eq!((failure.kind, failure.retryable), (Kind::Timeout, true));
    }
}

#[test]
fn errors_in_the_stream_are_classified() {
    let error = json!({"error": {"code": 429, "message": "slow down"}});
    let failure = read(&[error]).1.unwrap();
    assert_eq!((failure.kind, failure.status, failure.retryable), (Kind::RateLimit, Some(429), true));
}

#[test]
fn calls_without_ids_get_their_own() {
    let (events, _) =
        read(&[tool(0, Some(""), "{}"), tool(1, Some(""), "{}"), finish("tool_calls"), json!("[DONE]")]);
    let (first, second) = (call("call_0_0", "read", json!({})), call("call_0_1", "read", json!({})));
    assert_eq!(parts(&events), [first, second]);
}

#[test]
fn a_signature_on_a_call_goes_back_with_it() {
    let extra = json!({"google": {"thought_signature": "s"}});
    let signed = json!({"index": 0, "id": "c", "extra_content": extra,
        "function": {"name": "read", "arguments": "{}"}});
    let (events, _) = read(&[chunk(json!({"tool_calls": [signed]})), finish("tool_calls"), json!("[DONE]")]);
    let item = Some(ProviderItem { origin: ORIGIN.to_owned(), item: json!({"extra_content": extra}) });
    assert_eq!(parts(&events), [StoredPart { provider: item, ..call("c", "read", json!({})) }]);
    let body = encode(&request(API, vec![(Role::Assistant, parts(&events))]));
    assert_eq!(body["messages"][0]["tool_calls"][0]["extra_content"], extra);
}

#[test]
fn a_call_that_the_limit_cut_off_is_dropped() {
    for cut in ["", "{\"n\""] {
        let mut reading = crate::stream::Stream::of(&request(API, Vec::new()));
        let events = [tool(0, Some("c"), cut), finish("length"), json!("[DONE]")];
        reading.feed(stream(&events).as_bytes());
        let told: Vec<_> = std::iter::from_fn(|| reading.next()).map(Result::unwrap).collect();
        assert_eq!(parts(&told), []);
        assert!(matches!(told.last(), Some(ModelEvent::Finish { reason: StopReason::Length, .. })));
    }
}

#[test]
fn thoughts_between_texts_part_them() {
    let (events, _) = read(&[
        chunk(json!({"content": "a"})),
        chunk(json!({"reasoning": "b"})),
        chunk(json!({"content": "c"})),
        finish("stop"),
    ]);
    let expect = [text("a"), thought("b", ORIGIN, json!({"field": "reasoning"})), text("c")];
    assert_eq!(parts(&events), expect);
}

#[test]
fn citations_become_sources() {
    let note = json!({"type": "url_citation", "url_citation": {"url": "http://x", "title": "T"}});
    let (events, _) = read(&[chunk(json!({"content": "a", "annotations": [note]})), finish("stop")]);
    let source = Part::Source { url: "http://x".to_owned(), title: Some("T".to_owned()) };
    assert_eq!(parts(&events), [text("a"), source.into()]);
}

#[test]
fn openai_itself_gets_the_new_name_of_the_limit() {
    let mut request = rich(API, json!({}));
    request.model =
        ModelConfig { kind: ProviderKind::Openai, model: "gpt-5.2".to_owned(), ..model(API) }.into();
    let body = encode(&request);
    assert_eq!((&body["max_completion_tokens"], &body["max_tokens"]), (&json!(8_192), &Value::Null));
    assert_eq!(body["reasoning_effort"], "high");
}

#[test]
fn calls_with_one_index_are_told_apart_by_their_ids() {
    let (events, _) = read(&[
        tool(0, Some("a"), "{\"n\":1}"),
        tool(0, Some("b"), "{\"n\":"),
        tool(0, Some("b"), "2}"),
        finish("stop"),
    ]);
    assert_eq!(parts(&events), [call("a", "read", json!({"n": 1})), call("b", "read", json!({"n": 2}))]);
}

/// Returns the calls of an answer whose lists of calls these are, by name and arguments.
fn called(lists: Value) -> Result<Vec<(String, Value)>, chat::model::ModelError> {
    let mut events: Vec<_> =
        lists.as_array().unwrap().iter().map(|list| chunk(json!({"tool_calls": list}))).collect();
    events.push(finish("tool_calls"));
    let (told, failure) = read(&events);
    let calls = parts(&told);
    let calls =
        calls.iter().filter_map(StoredPart::call).map(|call| (call.tool_name.clone(), call.args.clone()));
    failure.map_or_else(|| Ok(calls.collect()), Err)
}

fn named(name: &str, arguments: &str) -> Value {
    json!({"index": 0, "function": {"name": name, "arguments": arguments}})
}

fn piece(arguments: &str) -> Value {
    json!({"index": 0, "function": {"arguments": arguments}})
}

#[test]
fn calls_with_neither_ids_nor_indexes_of_their_own_are_told_apart() {
    let read = |n: u64| ("read".to_owned(), json!({"n": n}));
    let one_each = json!([[named("read", "{\"n\":1}")], [named("read", "{\"n\":2}")]]);
    assert_eq!(called(one_each).unwrap(), [read(1), read(2)]);
    let one_list = json!([[named("read", "{\"n\":1}"), named("read", "{\"n\":2}")]]);
    assert_eq!(called(one_list).unwrap(), [read(1), read(2)]);
    let in_pieces = json!([
        [named("read", "")],
        [piece("{\"n\":")],
        [piece("1}")],
        [named("read", "")],
        [piece("{\"n\":2}")]
    ]);
    assert_eq!(called(in_pieces).unwrap(), [read(1), read(2)]);
    let named_throughout = json!([
        [named("read", "{\"n\":")],
        [named("read", "1}")],
        [named("read", "{\"n\":")],
        [named("read", "2}")]
    ]);
    assert_eq!(called(named_throughout).unwrap(), [read(1), read(2)]);
}

#[test]
fn another_name_is_another_call() {
    let calls = called(json!([[named("look", "")], [named("wait", "")]])).unwrap();
    let names: Vec<_> = calls.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["look", "wait"]);
}

#[test]
fn a_list_without_indexes_has_a_call_each() {
    let call = |id: &str, n: u64| json!({"id": id, "function": {"name": "read", "arguments": json!({"n": n}).to_string()}});
    let calls = called(json!([[call("a", 1), call("b", 2)]])).unwrap();
    assert_eq!(calls.iter().map(|(_, args)| args["n"].clone()).collect::<Vec<_>>(), [1, 2]);
    let calls = called(json!([[call("", 1), call("", 2)]])).unwrap();
    assert_eq!(calls.iter().map(|(_, args)| args["n"].clone()).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn pieces_that_say_whose_they_are_may_come_in_any_order() {
    let of = |id: &str, arguments: &str| json!({"index": 0, "id": id, "function": {"arguments": arguments}});
    let open = |id: &str| json!({"index": 0, "id": id, "function": {"name": "read", "arguments": ""}});
    let lists = json!([[open("a")], [open("b")], [of("a", "{\"n\":1}")], [of("b", "{\"n\":2}")]]);
    let calls = called(lists).unwrap();
    assert_eq!(calls.iter().map(|(_, args)| args["n"].clone()).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn pieces_that_cannot_be_told_apart_are_no_answer() {
    let lists = json!([[named("read", "{\"n\":1}")], [piece("{\"n\":2}")]]);
    let failure = called(lists).unwrap_err();
    assert!(failure.useless && failure.retryable, "{failure:?}");
}

#[test]
fn an_id_that_history_knows_is_not_given_again() {
    let history = vec![(Role::Assistant, vec![call("bash_0", "read", json!({}))])];
    let mut reading = crate::stream::Stream::of(&request(API, history));
    let events = [tool(0, Some("bash:0"), "{}"), finish("tool_calls"), json!("[DONE]")];
    reading.feed(stream(&events).as_bytes());
    let told: Vec<_> = std::iter::from_fn(|| reading.next()).map(Result::unwrap).collect();
    assert_eq!(parts(&told), [call("call_1_1", "read", json!({}))]);
}
