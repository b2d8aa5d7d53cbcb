//! What surrounds a handler: events in, replies out, whatever the handler does.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chat::port::Unavailable;
use edge::{Function, FunctionError, Invocation, Rejection, Reply, serve};
use serde_json::{Value, json};

fn event(body: Value, is_base64: bool) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "POST /v1/chats",
        "rawPath": "/v1/chats",
        "rawQueryString": "",
        "headers": { "X-Extra": "1" },
        "requestContext": { "http": { "method": "POST" } },
        "body": body,
        "isBase64Encoded": is_base64,
    })
}

async fn call(function: &Function, event: Value) -> Result<Value, FunctionError> {
    function.call(event, Invocation::new("request", 0)).await
}

fn echo() -> Function {
    serve::http("test", |request| async move { Ok(Reply::json(200, &request.json::<Value>()?)) })
}

async fn panics<T>() -> T {
    panic!("on purpose")
}

#[tokio::test]
async fn bodies_come_as_text_or_in_base64() {
    let text = r#"{"a":"ü"}"#;
    for event in [event(text.into(), false), event(STANDARD.encode(text).into(), true)] {
        assert_eq!(call(&echo(), event).await.unwrap()["body"], text);
    }
}

#[tokio::test]
async fn what_is_no_utf_8_is_refused() {
    let reply = call(&echo(), event(STANDARD.encode(b"{\"a\":\"\xff\"}").into(), true)).await.unwrap();
    assert_eq!(reply["statusCode"], 400);
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    let function = serve::http("test", |_| panics());
    insta::assert_json_snapshot!(call(&function, event(json!(null), false)).await.unwrap());
}

#[tokio::test]
async fn an_outage_says_when_to_come_back_and_not_why() {
    let function = serve::http("test", |_| async move {
        Err(Rejection::from(Unavailable { dependency: "the store", reason: "internal words".into() }))
    });
    insta::assert_json_snapshot!(call(&function, event(json!(null), false)).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_is_cut_off_before_the_gateway_does_it() {
    let function = serve::http("test", |_| std::future::pending());
    let started = tokio::time::Instant::now();
    let reply = call(&function, event(json!(null), false)).await.unwrap();
    assert_eq!(reply["statusCode"], 503);
    assert!(started.elapsed().as_secs() < 29);
}

#[tokio::test]
async fn what_is_no_event_is_a_failed_invocation() {
    assert!(call(&echo(), json!({ "Records": [] })).await.is_err());
}

#[tokio::test]
async fn a_panic_on_another_event_is_a_failed_invocation() {
    let function = serve::events("test", |_, _| panics());
    let error = call(&function, json!({})).await.unwrap_err();
    assert_eq!(error.error_type, "Panic");
}
