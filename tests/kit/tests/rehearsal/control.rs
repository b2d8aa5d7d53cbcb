use kit::rehearsal::{Fault, Script};
use reqwest::StatusCode;
use serde_json::json;

use crate::client::{Format, start, stream};

#[tokio::test]
async fn a_held_stream_passes_chunk_by_chunk() {
    let rehearsal = start().await;
    let (script, mut hold) = Script::say("one two three").held();
    rehearsal.enqueue(script);
    let mut response = stream(&rehearsal, Format::Messages, "anything").await;
    hold.release(2);
    assert!(hold.sent(2).await);
    let mut seen = String::new();
    while !seen.contains("two") {
        seen.push_str(&String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()));
    }
    assert!(!seen.contains("three"));
    hold.release_all();
    assert!(response.text().await.unwrap().contains("message_stop"));
}

#[tokio::test]
async fn a_hold_tells_when_its_reader_is_gone() {
    let rehearsal = start().await;
    let (script, mut hold) = Script::say("one two three").held();
    rehearsal.enqueue(script);
    let response = stream(&rehearsal, Format::Completions, "anything").await;
    drop(response);
    hold.gone().await;
}

#[tokio::test]
async fn a_script_waits_for_its_words() {
    let rehearsal = start().await;
    rehearsal.enqueue_when("second", Script::fail(Fault::Overloaded));
    let (first, _) = Format::Messages.ask(&rehearsal, "first\n/say hi").await;
    let (second, body) = Format::Messages.ask(&rehearsal, "second\n/say hi").await;
    assert_eq!((first, second.as_u16()), (StatusCode::OK, 529));
    assert_eq!(body["error"], json!({"type": "overloaded_error", "message": "Overloaded"}));
}

#[tokio::test]
async fn requests_are_recorded_without_secrets() {
    let rehearsal = start().await;
    let body = Format::Responses.body("/say hi");
    Format::Responses.post(&rehearsal, &body).header("x-trace", "7").send().await.unwrap();
    rehearsal.requested(1).await;
    let requests = rehearsal.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!((request.path.as_str(), request.json()), ("/v1/responses", body));
    assert_eq!((request.header("X-Trace"), request.header("authorization")), (Some("7"), None));
    assert_eq!(request.refusal, None);
}

#[tokio::test]
async fn refused_requests_are_recorded_with_the_words() {
    let rehearsal = start().await;
    let mut body = Format::Messages.body("/say hi");
    body["messages"] = json!([]);
    Format::Messages.send(&rehearsal, &body).await;
    let refusal = rehearsal.requests().remove(0).refusal;
    assert_eq!(refusal.as_deref(), Some("messages: at least one message is required"));
}

#[tokio::test]
async fn stopping_drops_streams_that_do_not_end() {
    let rehearsal = start().await;
    let (script, hold) = Script::say("never").held();
    rehearsal.enqueue(script);
    let response = stream(&rehearsal, Format::Messages, "anything").await;
    rehearsal.stop().await.unwrap();
    assert!(response.text().await.is_err());
    drop(hold);
}
