use chat::{
    message::Role,
    model::{ModelConfig, ModelEvent, StopReason},
    part::{Part, ProviderItem, StoredPart, ToolCall},
};
use serde_json::{Value, json};

use super::{super::encode, API, ORIGIN};
use crate::{
    stream::Stream,
    testing::{model, parts, request, stream, text},
};

#[test]
fn a_search_of_the_providers_own_is_kept_with_its_sources_and_goes_back_whole() {
    let call = json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}});
    let page =
        json!({"type": "web_search_result", "url": "http://x", "title": "T", "encrypted_content": "e"});
    let found = json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [page]});
    let delta = json!({"type": "input_json_delta", "partial_json": "{\"query\":\"q\"}"});
    let mut events = vec![
        json!({"type": "content_block_start", "index": 0, "content_block": call}),
        json!({"type": "content_block_delta", "index": 0, "delta": delta}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "content_block_start", "index": 1, "content_block": found}),
        json!({"type": "content_block_stop", "index": 1}),
        json!({"type": "content_block_start", "index": 2, "content_block": {"type": "new_kind", "x": 1}}),
        json!({"type": "content_block_delta", "index": 2, "delta": {"type": "new_delta"}}),
        json!({"type": "content_block_stop", "index": 2}),
        json!({"type": "content_block_start", "index": 3, "content_block": {"type": "text", "text": "So."}}),
        json!({"type": "content_block_stop", "index": 3}),
    ];
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}));
    events.push(json!({"type": "message_stop"}));
    let (heard, failure) = crate::testing::read(API, &stream(&events));
    assert_eq!(failure, None);
    assert!(matches!(heard.last(), Some(ModelEvent::Finish { reason: StopReason::End, .. })));
    let answer = parts(&heard);
    insta::assert_json_snapshot!(answer);
    let mut request = request(API, vec![(Role::User, vec![text("Hi")]), (Role::Assistant, answer)]);
    let mut sent = call.clone();
    sent["input"] = json!({"query": "q"});
    let content = encode(&request)["messages"][1]["content"].clone();
    assert_eq!((&content[0], &content[1]), (&sent, &found));
    request.model = ModelConfig { provider: "other".to_owned(), ..model(API) }.into();
    let words = encode(&request)["messages"][1]["content"].clone();
    assert_eq!(words[0]["text"], "[web_search: {\"query\":\"q\"}]");
    assert_eq!(
        words[1]["text"],
        "[result of web_search: {\"found\":[{\"title\":\"T\",\"url\":\"http://x\"}]}]"
    );
}

#[test]
fn a_search_that_a_pause_left_open_goes_back_and_is_answered_by_what_follows() {
    let call =
        json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}});
    let found = json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []});
    let open = |block: &Value| json!({"type": "content_block_start", "index": 0, "content_block": block});
    let close = json!({"type": "content_block_stop", "index": 0});
    let usage = |tokens: u64| json!({"output_tokens": tokens});
    let end = |reason: &str, tokens: u64| {
        let delta = json!({"stop_reason": reason});
        [
            json!({"type": "message_delta", "delta": delta, "usage": usage(tokens)}),
            json!({"type": "message_stop"}),
        ]
    };
    let mut reading = Stream::of(&request(API, Vec::new()));
    let mut read = |events: &[Value]| {
        reading.feed(stream(events).as_bytes());
        let heard: Vec<_> = std::iter::from_fn(|| reading.next()).map(Result::unwrap).collect();
        let paused = reading.is_paused();
        reading.go_on();
        (heard, paused)
    };
    let (first, paused) = read(&[&[open(&call), close.clone()][..], &end("pause_turn", 3)].concat());
    assert!(paused);
    let said = parts(&first);
    let history = vec![(Role::User, vec![text("Hi")]), (Role::Assistant, said.clone())];
    let mut sent = encode(&request(API, history))["messages"][1]["content"][0].clone();
    sent.as_object_mut().unwrap().remove("cache_control");
    assert_eq!(sent, call);
    let (second, paused) = read(&[&[open(&found), close][..], &end("end_turn", 4)].concat());
    assert!(!paused);
    let Some(ModelEvent::Finish { reason: StopReason::End, usage }) = second.last() else {
        panic!("{second:?}")
    };
    assert_eq!(usage.output_tokens, 7);
    let whole = [said, parts(&second)].concat();
    let history =
        vec![(Role::User, vec![text("Hi")]), (Role::Assistant, whole), (Role::User, vec![text("So?")])];
    let content = encode(&request(API, history))["messages"][1]["content"].clone();
    assert_eq!((&content[0]["type"], &content[1]["type"]), (&call["type"], &found["type"]));
}

#[test]
fn a_search_without_its_result_is_not_sent() {
    let item = json!({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}});
    let call = ToolCall {
        tool_call_id: "s".into(),
        tool_name: "web_search".to_owned(),
        args: json!({}),
        provider_executed: true,
    };
    let provider = Some(ProviderItem { origin: ORIGIN.to_owned(), item });
    let lost = StoredPart { part: Part::ToolCall(call), provider };
    let said = (Role::Assistant, vec![lost, text("So.")]);
    let history = vec![(Role::User, vec![text("Hi")]), said, (Role::User, vec![text("And?")])];
    assert_eq!(encode(&request(API, history))["messages"][1]["content"].as_array().unwrap().len(), 1);
}
