use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::client::{FORMATS, Format, payloads, start, stream};

#[tokio::test]
async fn a_greeting_is_mentioned_as_the_words_come() {
    let rehearsal = start().await;
    for format in FORMATS {
        let mut response = stream(&rehearsal, format, "hello").await;
        let mut seen = String::new();
        while !seen.contains("“hello”") {
            seen.push_str(&String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()));
        }
        assert!(!seen.contains("curtain"), "{seen}");
    }
}

#[tokio::test]
async fn text_is_said_in_every_format() {
    let rehearsal = start().await;
    for format in FORMATS {
        let (status, answer) = format.ask(&rehearsal, "please\n/say some words").await;
        assert_eq!((status, format.text(&answer).as_str()), (StatusCode::OK, "some words"), "{format:?}");
    }
}

#[tokio::test]
async fn failures_have_the_status_and_pass_after_their_times() {
    let rehearsal = start().await;
    for format in FORMATS {
        let text = "/fail 429 retry-after=2 times=2\n/say well";
        for _ in 0..2 {
            let response = format.send(&rehearsal, &format.body(text)).await;
            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(response.headers()["retry-after"], "2");
        }
        let (status, answer) = format.ask(&rehearsal, text).await;
        assert_eq!((status, format.text(&answer).as_str()), (StatusCode::OK, "well"));
    }
}

#[tokio::test]
async fn a_cut_stream_breaks_after_its_chunks() {
    let rehearsal = start().await;
    for format in FORMATS {
        let mut response = stream(&rehearsal, format, "/pace 0\n/text 9\n/cut after=2").await;
        let mut seen = Vec::new();
        let broken = loop {
            match response.chunk().await {
                Ok(Some(bytes)) => seen.extend_from_slice(&bytes),
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        let text = String::from_utf8(seen).unwrap();
        assert!(broken, "{format:?}");
        assert!(text.contains("line") && !text.contains("was"), "{text}");
    }
}

#[tokio::test]
async fn an_error_event_ends_the_stream() {
    let rehearsal = start().await;
    let ends = [(Format::Messages, "error"), (Format::Responses, "response.failed")];
    for (format, end) in ends {
        let response = stream(&rehearsal, format, "/pace 0\n/text 9\n/error-event overloaded after=2").await;
        let payloads = payloads(&response.text().await.unwrap());
        assert_eq!(payloads.last().unwrap()["type"], end);
    }
}

#[tokio::test]
async fn a_stall_is_silent_for_its_time() {
    let rehearsal = start().await;
    let started = Instant::now();
    let response = stream(&rehearsal, Format::Messages, "/pace 0\n/text 9\n/stall 80 after=4").await;
    assert!(response.text().await.unwrap().contains("message_stop"));
    assert!(started.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn stops_have_the_names_of_each_format() {
    let rehearsal = start().await;
    let cases = [
        (Format::Messages, "length", "/stop_reason", "max_tokens"),
        (Format::Messages, "refusal", "/stop_reason", "refusal"),
        (Format::Responses, "length", "/incomplete_details/reason", "max_output_tokens"),
        (Format::Responses, "filter", "/incomplete_details/reason", "content_filter"),
        (Format::Responses, "refusal", "/output/0/content/0/type", "refusal"),
        (Format::Completions, "length", "/choices/0/finish_reason", "length"),
        (Format::Completions, "filter", "/choices/0/finish_reason", "content_filter"),
        (Format::Completions, "refusal", "/choices/0/message/refusal", "words"),
    ];
    for (format, stop, pointer, expected) in cases {
        let (_, answer) = format.ask(&rehearsal, &format!("/say words\n/stop {stop}")).await;
        assert_eq!(answer.pointer(pointer), Some(&json!(expected)), "{format:?} {stop}");
    }
}

#[tokio::test]
async fn a_turn_follows_its_plan_through_tool_results() {
    let rehearsal = start().await;
    let mut body = Format::Messages.body("/call add {\"a\": 1}\n/loop 1\n/then all done");
    for _ in 0..2 {
        let answer: Value = Format::Messages.send(&rehearsal, &body).await.json().await.unwrap();
        let id = &answer["content"][0]["id"];
        let result = json!([{"type": "tool_result", "tool_use_id": id, "content": "2"}]);
        let messages = body["messages"].as_array_mut().unwrap();
        messages.push(json!({"role": "assistant", "content": answer["content"]}));
        messages.push(json!({"role": "user", "content": result}));
    }
    let answer: Value = Format::Messages.send(&rehearsal, &body).await.json().await.unwrap();
    assert_eq!(Format::Messages.text(&answer), "all done");
}

#[tokio::test]
async fn results_are_quoted_without_a_plan() {
    let rehearsal = start().await;
    let mut body = Format::Completions.body("/pace 0\n/call add\n/call add");
    let answer: Value = Format::Completions.send(&rehearsal, &body).await.json().await.unwrap();
    let message = &answer["choices"][0]["message"];
    let messages = body["messages"].as_array_mut().unwrap();
    messages.push(message.clone());
    for (index, call) in message["tool_calls"].as_array().unwrap().iter().enumerate() {
        let content = format!("result {index}");
        messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": content}));
    }
    let answer: Value = Format::Completions.send(&rehearsal, &body).await.json().await.unwrap();
    let text = Format::Completions.text(&answer);
    assert!(text.contains("result 0") && text.contains("result 1"), "{text}");
}
