use chat::{
    failure::Kind,
    message::{Role, Usage},
    model::{Api, ModelConfig, ModelEvent, StopReason},
    part::{Part, ProviderItem, StoredPart},
};
use serde_json::{Value, json};

use super::encode;
use crate::testing::{call, model, parts, request, result, rich, stream, text, thought, with_files};

const API: Api = Api::GoogleGenerate;
const ORIGIN: &str = "google_generate/google/gemini-3-pro-preview";

fn read(events: &[Value]) -> (Vec<ModelEvent>, Option<chat::model::ModelError>) {
    crate::testing::read(API, &stream(events))
}

fn chunk(parts: &Value) -> Value {
    json!({"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0}], "responseId": "r"})
}

fn finish(reason: &str) -> Value {
    json!({"candidates": [{"content": {"role": "model", "parts": [{"text": ""}]}, "finishReason": reason}]})
}

fn signed(part: StoredPart, item: Value) -> StoredPart {
    StoredPart { provider: Some(ProviderItem { origin: ORIGIN.to_owned(), item }), ..part }
}

pub(crate) fn full_answer() -> Vec<Value> {
    let usage = json!({"promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 30,
        "thoughtsTokenCount": 20, "totalTokenCount": 150});
    let mut last = finish("STOP");
    last["usageMetadata"] = usage;
    vec![
        chunk(&json!([{"text": "Let me ", "thought": true}])),
        chunk(&json!([{"text": "see.", "thought": true}])),
        chunk(&json!([{"text": "I "}])),
        chunk(&json!([{"text": "look."}])),
        chunk(&json!([{"functionCall": {"name": "read", "args": {"n": 1}}, "thoughtSignature": "sig"}])),
        chunk(&json!([{"functionCall": {"name": "read", "args": {"n": 2}, "id": "g1"}}])),
        last,
    ]
}

#[test]
fn attached_files_become_these_messages() {
    insta::assert_json_snapshot!(encode(&with_files(API))["contents"]);
}

#[test]
fn a_rich_history_becomes_this_request() {
    insta::assert_json_snapshot!(encode(&rich(API, json!({"thought": true, "thoughtSignature": "mine"}))));
}

#[test]
fn an_answer_becomes_parts() {
    let (events, failure) = read(&full_answer());
    assert_eq!(failure, None);
    let unsigned = Part::Reasoning { text: "Let me see.".to_owned(), started_at: None, ended_at: None };
    let expect = [
        unsigned.into(),
        text("I look."),
        signed(call("call_0_0", "read", json!({"n": 1})), json!({"thoughtSignature": "sig"})),
        signed(call("g1", "read", json!({"n": 2})), json!({"id": "g1"})),
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
fn signatures_go_back_on_the_part_that_they_came_with() {
    let (events, failure) = read(&[
        chunk(&json!([{"text": "Hm.", "thought": true, "thoughtSignature": "a"}])),
        chunk(&json!([{"text": "One "}, {"text": "two."}, {"text": "", "thoughtSignature": "b"}])),
        chunk(&json!([{"functionCall": {"name": "read"}, "thoughtSignature": "c"}])),
        chunk(&json!([{"executableCode": {"code": "1", "language": "PYTHON"}, "thoughtSignature": "d"}])),
        chunk(&json!([{"text": "", "thoughtSignature": "e"}])),
        finish("STOP"),
    ]);
    assert_eq!(failure, None);
    let body = encode(&request(API, vec![(Role::Assistant, parts(&events))]));
    let expect = json!([
        {"text": "Hm.", "thought": true, "thoughtSignature": "a"},
        {"text": "One two.", "thoughtSignature": "b"},
        {"functionCall": {"name": "read", "args": {}}, "thoughtSignature": "c"},
        {"executableCode": {"code": "1", "language": "PYTHON"}, "thoughtSignature": "d"},
        {"text": "", "thoughtSignature": "e"},
    ]);
    assert_eq!(body["contents"][0]["parts"], expect);
}

#[test]
fn results_name_the_function_and_come_before_what_was_said_meanwhile() {
    let history = vec![
        (Role::Assistant, vec![call("a", "read", json!({})), call("b", "bash", json!({}))]),
        (Role::User, vec![text("Quick!")]),
        (Role::Tool, vec![result("a", "read", json!("x"), false), result("b", "bash", json!("y"), true)]),
    ];
    let body = encode(&request(API, history));
    let expect = json!([
        {"functionResponse": {"name": "read", "response": {"output": "x"}}},
        {"functionResponse": {"name": "bash", "response": {"error": "y"}}},
        {"text": "Quick!"},
    ]);
    assert_eq!(body["contents"][1], json!({"role": "user", "parts": expect}));
}

#[test]
fn newer_models_take_the_calls_of_others_by_their_own_word() {
    let history = vec![(Role::Assistant, vec![call("a", "read", json!({})), call("b", "read", json!({}))])];
    let mut request = request(API, history);
    let signatures =
        |body: &Value| [0, 1].map(|at| body["contents"][0]["parts"][at]["thoughtSignature"].clone());
    assert_eq!(signatures(&encode(&request)), [json!("skip_thought_signature_validator"), Value::Null]);
    request.model = ModelConfig { model: "gemini-2.5-pro".to_owned(), ..model(API) }.into();
    assert_eq!(signatures(&encode(&request)), [Value::Null, Value::Null]);
}

#[test]
fn reasons_to_end_are_told_apart() {
    for (said, expect) in [
        ("STOP", StopReason::End),
        ("MAX_TOKENS", StopReason::Length),
        ("SAFETY", StopReason::Filtered),
        ("PROHIBITED_CONTENT", StopReason::Filtered),
        ("SOMETHING_NEW", StopReason::End),
    ] {
        let (events, _) = read(&[chunk(&json!([{"text": "Hi"}])), finish(said)]);
        assert!(
            matches!(events.last(), Some(ModelEvent::Finish { reason, .. }) if *reason == expect),
            "{said}"
        );
    }
    let (events, _) = read(&[json!({"promptFeedback": {"blockReason": "SAFETY"}})]);
    assert!(matches!(events[..], [ModelEvent::Finish { reason: StopReason::Filtered, .. }]));
    let failure = read(&[finish("MALFORMED_FUNCTION_CALL")]).1.unwrap();
    assert_eq!((failure.kind, failure.retryable), (Kind::Generic, true));
}

#[test]
fn a_stream_without_a_reason_to_end_failed() {
    let failure = read(&[chunk(&json!([{"text": "Hi"}]))]).1.unwrap();
    assert_eq!((failure.kind, failure.retryable), (Kind::Timeout, true));
}

#[test]
fn errors_in_the_stream_are_classified() {
    let error =
        json!({"error": {"code": 503, "status": "UNAVAILABLE", "message": "The model is overloaded."}});
    let failure = read(&[error]).1.unwrap();
    assert_eq!((failure.kind, failure.status, failure.retryable), (Kind::Overloaded, Some(503), true));
    assert_eq!(failure.code.as_deref(), Some("UNAVAILABLE"));
}

#[test]
fn what_a_search_found_becomes_sources() {
    let mut last = finish("STOP");
    last["candidates"][0]["groundingMetadata"] =
        json!({"webSearchQueries": ["q"], "groundingChunks": [{"web": {"uri": "http://x", "title": "T"}}]});
    let (events, _) = read(&[chunk(&json!([{"text": "a"}])), last]);
    let source = Part::Source { url: "http://x".to_owned(), title: Some("T".to_owned()) };
    assert_eq!(parts(&events), [text("a"), source.into()]);
}

#[test]
fn thoughts_of_another_model_stay_behind() {
    let foreign = thought("Hm.", "google_generate/google/gemini-2.5-pro", json!({"thoughtSignature": "x"}));
    let body = encode(&request(API, vec![(Role::Assistant, vec![foreign, text("Hi")])]));
    assert_eq!(body["contents"][0]["parts"], json!([{"text": "Hi"}]));
}
