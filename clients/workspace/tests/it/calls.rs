use chat::agent::{AgentCall, FromAgent, ToAgent};
use serde_json::json;

use crate::world::{World, call};

#[tokio::test]
async fn a_call_is_run_and_answered() {
    let world = World::new().await;
    let _agent = world.start_enrolled();
    let mut socket = world.socket().await;
    assert!(matches!(socket.hear().await, FromAgent::Report { .. }));
    let write = call("write_file", json!({ "path": "a/b", "content": "text" }));
    socket.tell(ToAgent::Call(Box::new(write))).await;
    let answer = socket.answer().await;
    assert_eq!(answer.result, json!({ "ok": true, "path": "a/b", "size_bytes": 4, "created": true }));
    assert_eq!(world.text("a/b"), "text");
}

#[tokio::test]
async fn arguments_that_did_not_fit_are_fetched() {
    let world = World::new().await;
    let _agent = world.start_enrolled();
    let mut socket = world.socket().await;
    let whole = call("write_file", json!({ "path": "a", "content": "text" }));
    let call = AgentCall { args: json!({}), args_omitted: true, ..whole.clone() };
    socket.tell(ToAgent::Call(Box::new(call))).await;
    drop(world.request(None).await);
    let (head, _) = world.request(Some(json!(whole))).await;
    assert!(head.starts_with(&format!("GET /v1/agent/calls/{} HTTP/1.1\r\n", whole.token)));
    assert!(head.contains(&format!("authorization: {}", socket.bearer)));
    assert!(!socket.answer().await.is_error);
    assert_eq!(world.text("a"), "text");
}
