//! What is refused, and in which words.

use serde_json::{Value, json};

use crate::world::{Who, World, told};

const ROUTES: [&str; 8] = [
    "GET /v1/templates",
    "GET /v1/workspaces",
    "POST /v1/workspaces",
    "POST /v1/workspaces/enroll",
    "GET /v1/workspaces/{workspace}",
    "DELETE /v1/workspaces/{workspace}",
    "POST /v1/workspaces/{workspace}/start",
    "POST /v1/workspaces/{workspace}/stop",
];

#[tokio::test]
async fn strangers_and_agents_are_refused_everywhere() {
    let world = World::new();
    for route in ROUTES {
        for who in [Who::Stranger, Who::Agent] {
            let reply = world.ask_as(who, None, (route, "x"), Value::Null).await;
            assert_eq!(told(&reply), "401 unauthorized", "{route}");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let world = World::new();
    let long = "x".repeat(65);
    let bodies = [
        json!({}),
        json!({"template_id": "none"}),
        json!({"template_id": "clone"}),
        json!({"template_id": "small", "parameters": {"size": "xl"}}),
        json!({"template_id": "small", "parameters": {"colour": "red"}}),
        json!({"template_id": "small", "name": long}),
        json!({"template_id": "small", "name": " "}),
        json!({"template_id": "small", "name": "a\nb"}),
        json!({"template_id": "small", "size": "s"}),
    ];
    let mut refusals = Vec::new();
    for body in bodies {
        let reply = world.ask("POST /v1/workspaces", "", body).await;
        refusals.push(format!("{} {}", reply["statusCode"], reply["body"]["message"].as_str().unwrap()));
    }
    insta::assert_debug_snapshot!(refusals);
}

#[tokio::test]
async fn what_cannot_be_a_workspace_is_none() {
    let world = World::new();
    for path in ["x", "00000000-0000-0000-0000-000000000009"] {
        assert_eq!(world.told("GET /v1/workspaces/{workspace}", path, Value::Null).await, "404 not_found");
    }
    assert_eq!(world.told("GET /v1/templates", "?page=0", Value::Null).await, "400 invalid_request");
}

#[tokio::test]
async fn an_outage_is_said() {
    let world = World::new();
    world.break_call("workspaces");
    assert_eq!(world.told("GET /v1/workspaces", "", Value::Null).await, "503 unavailable");
}
