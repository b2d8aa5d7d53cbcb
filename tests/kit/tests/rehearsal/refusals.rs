use kit::rehearsal::Rehearsal;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::client::{Format, start};

/// Merges the patch into a valid request and returns status and text of the answer.
async fn refused(rehearsal: &Rehearsal, format: Format, patch: Value) -> (u16, String) {
    let mut body = format.body("hello");
    for (name, value) in patch.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.as_object_mut().unwrap().retain(|_, value| *value != json!("absent"));
    let response = format.send(rehearsal, &body).await;
    let status = response.status().as_u16();
    let answer: Value = response.json().await.unwrap();
    (status, answer["error"]["message"].as_str().unwrap_or_default().to_owned())
}

async fn check(format: Format, cases: Vec<(Value, u16, &str)>) {
    let rehearsal = start().await;
    for (patch, status, words) in cases {
        let (got, message) = refused(&rehearsal, format, patch.clone()).await;
        assert!(got == status && message.contains(words), "{patch}: {got} {message}");
    }
}

fn user(content: Value) -> Value {
    json!({"role": "user", "content": content})
}

fn assistant(content: Value) -> Value {
    json!({"role": "assistant", "content": content})
}

#[tokio::test]
async fn messages_refuses_what_the_api_refuses() {
    let call = json!({"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}});
    let result = json!({"type": "tool_result", "tool_use_id": "toolu_1", "content": "2"});
    let text = json!({"type": "text", "text": "and"});
    let unsigned = json!({"type": "thinking", "thinking": "hm"});
    let forged = json!({"type": "thinking", "thinking": "hm", "signature": "c2lnbmVk"});
    let hi = || user(json!("hi"));
    check(
        Format::Messages,
        vec![
            (json!({"max_tokens": "absent"}), 400, "max_tokens: Field required"),
            (json!({"model": "nobody"}), 404, "model: nobody"),
            (json!({"mood": 1}), 400, "mood: Extra inputs are not permitted"),
            (json!({"messages": []}), 400, "at least one message"),
            (json!({"messages": [assistant(json!("hi"))]}), 400, "first message must use the \"user\" role"),
            (json!({"messages": [{"role": "system", "content": "x"}]}), 400, "Unexpected role \"system\""),
            (json!({"messages": [user(json!(" \n"))]}), 400, "non-whitespace"),
            (json!({"messages": [user(json!([{"type": "text", "text": ""}]))]}), 400, "must be non-empty"),
            (
                json!({"messages": [hi(), assistant(json!([])), hi()]}),
                400,
                "messages.1: all messages must have",
            ),
            (json!({"messages": [hi(), assistant(json!("so "))]}), 400, "trailing whitespace"),
            (
                json!({"messages": [hi(), assistant(json!([call])), hi()]}),
                400,
                "without `tool_result` blocks",
            ),
            (
                json!({"messages": [hi(), assistant(json!([call]))]}),
                400,
                "messages.1: `tool_use` ids were found",
            ),
            (
                json!({"messages": [hi(), assistant(json!([call])), user(json!([text, result]))]}),
                400,
                "without `tool_result` blocks immediately after: toolu_1",
            ),
            (json!({"messages": [user(json!([result]))]}), 400, "unexpected `tool_use_id`"),
            (
                json!({"messages": [hi(), assistant(json!([call])), user(json!([result, result]))]}),
                400,
                "multiple `tool_result` blocks",
            ),
            (json!({"messages": [hi(), assistant(json!([call, call]))]}), 400, "ids must be unique"),
            (
                json!({"messages": [hi(), assistant(json!([unsigned])), hi()]}),
                400,
                "signature: Field required",
            ),
            (json!({"messages": [hi(), assistant(json!([forged])), hi()]}), 400, "Invalid `signature`"),
            (
                json!({
                    "thinking": {"type": "enabled", "budget_tokens": 1024},
                    "messages": [hi(), assistant(json!([call])), user(json!([result]))],
                }),
                400,
                "Expected `thinking` or `redacted_thinking`, but found `tool_use`",
            ),
            (json!({"tools": [{"name": "add"}]}), 400, "tools.0.custom.input_schema: Field required"),
            (json!({"tools": [{"name": "a b"}]}), 400, "{1,128}"),
        ],
    )
    .await;
}

#[tokio::test]
async fn responses_refuses_what_the_api_refuses() {
    let call = json!({"type": "function_call", "call_id": "call_1", "name": "add", "arguments": "{}"});
    let output = json!({"type": "function_call_output", "call_id": "call_1", "output": "2"});
    let sealed =
        |data: Value| json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": data});
    check(
        Format::Responses,
        vec![
            (json!({"model": "nobody"}), 400, "does not exist"),
            (json!({"mood": 1}), 400, "Unknown parameter: 'mood'."),
            (json!({"input": []}), 400, "must be provided"),
            (json!({"max_output_tokens": 5}), 400, "integer below minimum value"),
            (json!({"input": [{"role": "tool", "content": "x"}]}), 400, "Invalid value: 'tool'"),
            (json!({"input": [user(json!([{"type": "text", "text": "x"}]))]}), 400, "'input_text'"),
            (json!({"input": [call]}), 400, "No tool output found for function call call_1."),
            (
                json!({"input": [output]}),
                400,
                "No tool call found for function call output with call_id call_1.",
            ),
            (json!({"input": [call, call, output]}), 400, "Duplicate function call"),
            (json!({"input": [sealed(json!("bm90IG91cnM=")), call, output]}), 400, "could not be verified"),
            (json!({"input": [sealed(Value::Null), call, output]}), 404, "Items are not persisted"),
            (json!({"tools": [{"type": "function", "name": "add"}]}), 400, "tools[0].parameters"),
            (json!({"tools": [{"type": "function", "name": "a.b"}]}), 400, "does not match pattern"),
        ],
    )
    .await;
}

#[tokio::test]
async fn completions_refuses_what_the_api_refuses() {
    let call = json!({"id": "call_1", "type": "function", "function": {"name": "add", "arguments": "{}"}});
    let calls = || json!({"role": "assistant", "content": null, "tool_calls": [call]});
    let tool = || json!({"role": "tool", "tool_call_id": "call_1", "content": "2"});
    let hi = || user(json!("hi"));
    check(
        Format::Completions,
        vec![
            (json!({"model": "nobody"}), 404, "does not exist"),
            (json!({"messages": []}), 400, "empty array"),
            (json!({"messages": [{"role": "robot", "content": "x"}]}), 400, "Invalid value: 'robot'"),
            (json!({"messages": [user(Value::Null)]}), 400, "expected a string, got null"),
            (json!({"messages": [hi(), calls()]}), 400, "did not have response messages: call_1"),
            (json!({"messages": [hi(), calls(), hi(), tool()]}), 400, "did not have response messages"),
            (json!({"messages": [hi(), tool()]}), 400, "must be a response to a preceeding message"),
            (json!({"messages": [hi(), calls(), tool(), calls(), tool()]}), 400, "Duplicate value"),
            (json!({"stream_options": {"include_usage": true}}), 400, "only allowed when 'stream'"),
            (json!({"model": "o3", "max_tokens": 9}), 400, "Use 'max_completion_tokens'"),
        ],
    )
    .await;
}

#[tokio::test]
async fn credentials_are_asked_for() {
    let rehearsal = start().await;
    for format in crate::client::FORMATS {
        let bare = Client::new().post(rehearsal.url() + format.path()).json(&format.body("hi"));
        let google = format == Format::Generate;
        let unknown = if google { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
        assert_eq!(bare.send().await.unwrap().status(), unknown);
        let wrong = Client::new().post(rehearsal.url() + format.path()).json(&format.body("hi"));
        let wrong = wrong.header("x-api-key", "wrong").header("x-goog-api-key", "wrong").bearer_auth("wrong");
        let refused = if google { StatusCode::BAD_REQUEST } else { StatusCode::UNAUTHORIZED };
        assert_eq!(wrong.send().await.unwrap().status(), refused);
    }
    let unversioned = Client::new().post(rehearsal.url() + "/v1/messages").header("x-api-key", "any");
    assert_eq!(unversioned.json(&json!({})).send().await.unwrap().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn google_refuses_what_its_rules_forbid() {
    let rehearsal = start().await;
    let said = json!({"role": "user", "parts": [{"text": "hi"}]});
    let call = |signature: &str| {
        let call = json!({"functionCall": {"name": "add", "args": {}}, "thoughtSignature": signature});
        json!({"role": "model", "parts": [call]})
    };
    let result = json!({"role": "user", "parts": [{"functionResponse": {"name": "add", "response": {}}}]});
    for (contents, words) in [
        (json!([]), "contents is not specified"),
        (json!([{"role": "system", "parts": [{"text": "x"}]}]), "valid role: user, model"),
        (json!([{"role": "user", "parts": []}]), "contents.parts must not be empty"),
        (json!([said, result]), "number of function response parts"),
        (json!([said, call("")]), "comes immediately after"),
        (json!([said, call(""), result]), "missing a thought_signature"),
        (json!([said, call("forged"), result]), "Corrupted thought signature"),
    ] {
        let address = rehearsal.url() + "/v1beta/models/gemini-3-x:generateContent";
        let request = Client::new().post(address).header("x-goog-api-key", "any");
        let response = request.json(&json!({"contents": contents})).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let body: Value = response.json().await.unwrap();
        let message = body["error"]["message"].as_str().unwrap();
        assert!(message.contains(words), "{message}");
        assert_eq!(
            (&body["error"]["code"], &body["error"]["status"]),
            (&json!(400), &json!("INVALID_ARGUMENT"))
        );
    }
}
