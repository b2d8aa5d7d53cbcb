//! Requests that make no sense: each is refused in exact words, and nothing has changed.

mod stage;

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::say;
use stage::Stage;

/// No chat has this id.
const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// Bodies that are no message, whatever route they are sent to.
fn no_content() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = [
        "",
        "{",
        "null",
        "[]",
        "\"text\"",
        "{} {}",
        r#"{"content": "hello"}"#,
        r#"{"content": [{"type": "text", "text": " \n\t"}]}"#,
        r#"{"content": [{"type": "text", "text": "a"}, {"type": "text", "text": ""}]}"#,
        r#"{"content": [{"type": "text"}]}"#,
        r#"{"content": [{"type": "text", "text": 5}]}"#,
        r#"{"content": [{"type": "text", "text": "a", "colour": "red"}]}"#,
        r#"{"content": [{"type": "tool_call", "tool_call_id": "a", "tool_name": "b", "args": {}}]}"#,
        r#"{"content": [{"text": "a"}]}"#,
        r#"{"content": [{"type": "file", "file_id": "x", "media_type": "text/plain"}]}"#,
        r#"{"content": [{"type": "file_reference", "file_name": "a", "start_line": 0, "end_line": 1, "content": "x"}]}"#,
        r#"{"content": [{"type": "file_reference", "file_name": "a", "start_line": 2, "end_line": 1, "content": "x"}]}"#,
        r#"{"content": [{"type": "text", "text": "a"}], "mood": 1}"#,
        r#"{"content": [{"type": "text", "text": "\ud800"}]}"#,
    ]
    .map(Into::into)
    .into();
    bodies.push(format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)).into());
    bodies.push(format!(r#"{{"content": {}1{}}}"#, r#"{"a":"#.repeat(64), "}".repeat(64)).into());
    bodies.push(say(&"x".repeat(256 * 1024)).to_string().into());
    bodies
}

fn text() -> String {
    say("hello").to_string()
}

fn with(fields: &Value) -> String {
    let mut body = say("hello");
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string()
}

/// API Gateway hands a body that is not text to the function in base64 (API Gateway Developer Guide, "Create AWS Lambda proxy
/// integrations for HTTP APIs", format 2.0: `isBase64Encoded`). ministack hands it on as text, mended.
#[tokio::test]
async fn bytes_that_are_no_text_are_refused() {
    let mut stage = Stage::new().await;
    if stage.is_on_ministack() {
        return;
    }
    let body = b"{\"content\": [{\"type\": \"text\", \"text\": \"\xff\"}]}";
    for (method, path) in [
        (Method::POST, "/chats"),
        (Method::POST, "/chats/{rests}/messages"),
        (Method::PATCH, "/chats/{rests}/messages/1"),
        (Method::PATCH, "/chats/{asks}/queue/1"),
    ] {
        stage.refuses(method, path, body.as_slice()).await;
    }
    insta::assert_snapshot!(stage.end().await);
}

#[tokio::test]
async fn chats_are_not_created_of_nonsense() {
    let mut stage = Stage::new().await;
    for body in no_content() {
        stage.refuses(Method::POST, "/chats", body).await;
    }
    let tool = |name: &str| json!({"name": name, "input_schema": {}});
    let labels = |count: usize| {
        let labels = (0..count).map(|label| (format!("l{label}"), json!("x")));
        Value::Object(labels.collect())
    };
    let cases = [
        json!({"title": "  "}),
        json!({"title": "x".repeat(201)}),
        json!({"title": 5}),
        json!({"model_id": NOBODY}),
        json!({"model_id": "gpt"}),
        json!({"reasoning_effort": "huge"}),
        json!({"system_prompt": "x".repeat(10_001)}),
        json!({"labels": labels(51)}),
        json!({"labels": {"": "x"}}),
        json!({"labels": {"a b": "x"}}),
        json!({"labels": {"a": ""}}),
        json!({"labels": {"a": 1}}),
        json!({"labels": {"a": "x".repeat(257)}}),
        json!({"labels": {"a".repeat(65): "x"}}),
        json!({"client_tools": [tool("")]}),
        json!({"client_tools": [tool("a"), tool("a")]}),
        json!({"client_tools": (0..251).map(|n| tool(&format!("t{n}"))).collect::<Vec<_>>()}),
        json!({"client_tools": [{"name": "a", "input_schema": "x"}]}),
        json!({"client_tools": [{"name": "a"}]}),
        json!({"workspace_id": "here"}),
        json!({"plan_mode": "yes"}),
        json!({"mcp_server_ids": ["x"]}),
        json!({"id": NOBODY}),
    ];
    for case in cases {
        stage.refuses(Method::POST, "/chats", with(&case)).await;
    }
    insta::assert_snapshot!(stage.end().await);
}

#[tokio::test]
async fn messages_are_not_made_of_nonsense() {
    let mut stage = Stage::new().await;
    for body in no_content() {
        stage.refuses(Method::POST, "/chats/{rests}/messages", body.clone()).await;
        stage.refuses(Method::PATCH, "/chats/{rests}/messages/1", body.clone()).await;
        stage.refuses(Method::PATCH, "/chats/{asks}/queue/1", body).await;
    }
    for path in ["/chats/{rests}/messages", "/chats/{asks}/messages"] {
        for body in [
            r#"{"content": []}"#.to_owned(),
            with(&json!({"when_busy": "wait"})),
            with(&json!({"model_id": NOBODY})),
            with(&json!({"reasoning_effort": 3})),
            with(&json!({"plan_mode": 1})),
            with(&json!({"mcp_server_ids": "x"})),
        ] {
            stage.refuses(Method::POST, path, body).await;
        }
    }
    let edits =
        [("/chats/{rests}/messages/1", "{\"content\": []}"), ("/chats/{asks}/queue/1", "{\"content\": []}")];
    for (path, body) in edits {
        stage.refuses(Method::PATCH, path, body).await;
    }
    stage.refuses(Method::PATCH, "/chats/{rests}/messages/1", with(&json!({"model_id": NOBODY}))).await;
    stage.refuses(Method::PATCH, "/chats/{rests}/messages/1", with(&json!({"when_busy": "steer"}))).await;
    stage.refuses(Method::PATCH, "/chats/{asks}/queue/1", with(&json!({"model_id": NOBODY}))).await;
    stage.refuses(Method::POST, "/chats/{asks}/messages", with(&json!({"when_busy": "reject"}))).await;
    stage.refuses(Method::POST, "/chats/{archived}/messages", text()).await;
    insta::assert_snapshot!(stage.end().await);
}

#[tokio::test]
async fn ids_that_name_nothing_are_not_found() {
    let mut stage = Stage::new().await;
    let routes = [
        (Method::GET, "/chats/{chat}", String::new()),
        (Method::PATCH, "/chats/{chat}", r#"{"title": "mine"}"#.to_owned()),
        (Method::DELETE, "/chats/{chat}", String::new()),
        (Method::POST, "/chats/{chat}/reconcile", String::new()),
        (Method::POST, "/chats/{chat}/fork", r#"{"message_id": 1}"#.to_owned()),
        (Method::POST, "/chats/{chat}/read", r#"{"message_id": 1}"#.to_owned()),
        (Method::GET, "/chats/{chat}/messages", String::new()),
        (Method::POST, "/chats/{chat}/messages", text()),
        (Method::PATCH, "/chats/{chat}/messages/1", text()),
        (Method::PATCH, "/chats/{chat}/queue/1", text()),
        (Method::DELETE, "/chats/{chat}/queue/1", String::new()),
        (Method::POST, "/chats/{chat}/queue/1/promote", String::new()),
        (
            Method::POST,
            "/chats/{chat}/tool-results",
            r#"{"results": [{"tool_call_id": "a", "output": 1, "is_error": false}]}"#.to_owned(),
        ),
        (Method::POST, "/chats/{chat}/interrupt", String::new()),
        (Method::POST, "/chats/{chat}/clear", String::new()),
        (Method::POST, "/chats/{chat}/title", String::new()),
    ];
    for (method, path, body) in routes {
        for id in ["{nobody}", "nonsense", "0", "a%20b", "%00", "%F0%9F%A6%80"] {
            stage.refuses(method.clone(), &path.replace("{chat}", id), body.clone()).await;
        }
    }
    for id in ["0", "99", "-1", "x", "1.5", "18446744073709551616"] {
        stage.refuses(Method::PATCH, &format!("/chats/{{rests}}/messages/{id}"), text()).await;
        stage.refuses(Method::PATCH, &format!("/chats/{{asks}}/queue/{id}"), text()).await;
        stage.refuses(Method::DELETE, &format!("/chats/{{asks}}/queue/{id}"), "").await;
        stage.refuses(Method::POST, &format!("/chats/{{asks}}/queue/{id}/promote"), "").await;
    }
    let mut answers = BTreeMap::new();
    for answer in stage.end().await.lines().filter(|line| line.starts_with("    ")) {
        *answers.entry(answer.trim().to_owned()).or_insert(0) += 1;
    }
    insta::assert_debug_snapshot!(answers);
}

#[tokio::test]
async fn other_routes_refuse_nonsense() {
    let mut stage = Stage::new().await;
    let cases = [
        (Method::PATCH, "/chats/{rests}", ""),
        (Method::PATCH, "/chats/{rests}", "[]"),
        (Method::PATCH, "/chats/{rests}", r#"{"title": ""}"#),
        (Method::PATCH, "/chats/{rests}", r#"{"archived": "yes"}"#),
        (Method::PATCH, "/chats/{rests}", r#"{"pin_order": -1}"#),
        (Method::PATCH, "/chats/{rests}", r#"{"pin_order": 4294967296}"#),
        (Method::PATCH, "/chats/{rests}", r#"{"labels": {"a/b c": "x"}}"#),
        (Method::PATCH, "/chats/{rests}", r#"{"status": "error"}"#),
        (Method::PATCH, "/chats/{rests}", r#"{"title": "new", "plan_mode": 1}"#),
        (Method::PATCH, "/chats/{archived}", r#"{"pin_order": 1}"#),
        (Method::PATCH, "/chats/{asks}", r#"{"archived": true, "title": "new"}"#),
        (Method::DELETE, "/chats/{rests}", ""),
        (Method::POST, "/chats/{rests}/reconcile", ""),
        (Method::POST, "/chats/{rests}/fork", ""),
        (Method::POST, "/chats/{rests}/fork", "{}"),
        (Method::POST, "/chats/{rests}/fork", r#"{"message_id": "1"}"#),
        (Method::POST, "/chats/{rests}/fork", r#"{"message_id": -1}"#),
        (Method::POST, "/chats/{rests}/fork", r#"{"message_id": 3}"#),
        (Method::POST, "/chats/{rests}/read", r#"{"message_id": null}"#),
        (Method::POST, "/chats/{rests}/read", r#"{"message_id": 1, "at": 2}"#),
        (Method::POST, "/chats/{rests}/interrupt", ""),
        (Method::POST, "/chats/{asks}/interrupt", r#"{"hard": true}"#),
        (Method::POST, "/chats/{rests}/clear", r#"{"all": true}"#),
        (Method::POST, "/chats/{asks}/clear", ""),
        (Method::POST, "/chats/{rests}/title", r#"{"title": "mine"}"#),
        (Method::PATCH, "/chats/{rests}/messages/2", r#"{"content": [{"type": "text", "text": "x"}]}"#),
        (Method::POST, "/socket-tickets", r#"{"for": "ever"}"#),
        (Method::PUT, "/chats/{rests}", "{}"),
        (Method::DELETE, "/chats", ""),
        (Method::GET, "/nothing", ""),
    ];
    for (method, path, body) in cases {
        stage.refuses(method, path, body).await;
    }
    let queries = [
        "/chats?limit=0",
        "/chats?limit=201",
        "/chats?limit=many",
        "/chats?limit=1&limit=2",
        "/chats?cursor=nonsense",
        "/chats?cursor=",
        "/chats?archived=maybe",
        "/chats?status=asleep",
        "/chats?label=a",
        "/chats?label=:x",
        "/chats/{rests}/messages?limit=0",
        "/chats/{rests}/messages?limit=201",
        "/chats/{rests}/messages?before_id=0",
        "/chats/{rests}/messages?before_id=x",
        "/chats/{rests}/messages?after_id=-1",
        "/chats/{rests}/messages?after_id=2&before_id=2",
        "/chats/{rests}/messages?after_id=1&after_id=2",
    ];
    for path in queries {
        stage.refuses(Method::GET, path, "").await;
    }
    insta::assert_snapshot!(stage.end().await);
}
