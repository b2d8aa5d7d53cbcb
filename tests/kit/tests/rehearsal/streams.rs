use serde_json::{Value, json};

use crate::client::{Format, payloads, start, stream};

const ALL: &str = "/pace 0\n/reason 2\n/say two words\n/call add {\"a\": 1}";

/// The kinds of events, repeated deltas left out.
async fn kinds(format: Format, text: &str) -> Vec<String> {
    let rehearsal = start().await;
    let body = stream(&rehearsal, format, text).await.text().await.unwrap();
    let mut kinds: Vec<_> = payloads(&body).iter().map(kind).collect();
    kinds.dedup();
    kinds
}

fn kind(payload: &Value) -> String {
    let name = payload["type"].as_str().unwrap_or("chunk");
    match payload["delta"]["type"].as_str() {
        Some(delta) => format!("{name} {delta}"),
        None => name.to_owned(),
    }
}

#[tokio::test]
async fn messages_come_in_the_order_of_the_api() {
    let expected = [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta thinking_delta",
        "content_block_delta signature_delta",
        "content_block_stop",
        "content_block_start",
        "content_block_delta text_delta",
        "content_block_stop",
        "content_block_start",
        "content_block_delta input_json_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ];
    assert_eq!(kinds(Format::Messages, ALL).await, expected);
}

#[tokio::test]
async fn responses_come_in_the_order_of_the_api() {
    let expected = [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ];
    assert_eq!(kinds(Format::Responses, ALL).await, expected);
}

#[tokio::test]
async fn responses_are_numbered_from_zero() {
    let rehearsal = start().await;
    let body = stream(&rehearsal, Format::Responses, ALL).await.text().await.unwrap();
    for (index, payload) in payloads(&body).iter().enumerate() {
        assert_eq!(payload["sequence_number"], json!(index));
    }
}

#[tokio::test]
async fn completions_end_in_a_reason_the_usage_and_done() {
    let rehearsal = start().await;
    let mut body = Format::Completions.body(ALL);
    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": true});
    let text = Format::Completions.send(&rehearsal, &body).await.text().await.unwrap();
    let chunks = payloads(&text);
    let [.., reason, usage] = chunks.as_slice() else { panic!("{text}") };
    assert_eq!(reason["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(reason["usage"], Value::Null);
    assert_eq!(usage["choices"], json!([]));
    assert!(usage["usage"]["completion_tokens_details"]["reasoning_tokens"].as_u64() > Some(0));
    assert!(text.ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn usage_of_a_stream_is_that_of_the_whole_answer() {
    let rehearsal = start().await;
    let body = stream(&rehearsal, Format::Messages, ALL).await.text().await.unwrap();
    let streamed = payloads(&body).into_iter().find(|payload| payload["type"] == "message_delta").unwrap();
    let (_, whole) = Format::Messages.ask(&rehearsal, ALL).await;
    assert_eq!(streamed["usage"], whole["usage"]);
    assert_eq!(streamed["delta"]["stop_reason"], whole["stop_reason"]);
}

#[tokio::test]
async fn prompts_are_cached_up_to_the_breakpoint() {
    let rehearsal = start().await;
    let mut body = Format::Messages.body("/say hi");
    body["system"] = json!([{"type": "text", "text": "be kind", "cache_control": {"type": "ephemeral"}}]);
    let mut cached = Vec::new();
    for _ in 0..2 {
        let answer: Value = Format::Messages.send(&rehearsal, &body).await.json().await.unwrap();
        let usage = &answer["usage"];
        let counts = ["cache_creation_input_tokens", "cache_read_input_tokens"].map(|name| &usage[name]);
        cached.push(counts.map(|count| count.as_u64() > Some(0)));
    }
    assert_eq!(cached, [[true, false], [false, true]]);
}

#[tokio::test]
async fn ids_differ_from_answer_to_answer() {
    let rehearsal = start().await;
    let (_, first) = Format::Messages.ask(&rehearsal, "/call add").await;
    let (_, second) = Format::Messages.ask(&rehearsal, "/call add").await;
    assert_ne!(first["content"][0]["id"], second["content"][0]["id"]);
}

#[tokio::test]
async fn hundreds_of_streams_run_beside_each_other() {
    let rehearsal = start().await;
    let one = || async { stream(&rehearsal, Format::Responses, "/pace 1\n/text 30").await.text().await };
    let all = futures::future::join_all((0..300).map(|_| one())).await;
    assert!(all.iter().all(|body| body.as_ref().is_ok_and(|body| body.contains("response.completed"))));
}
