//! Who may not, and what cannot be.

use serde_json::{Value, json};

use crate::world::{Who, World, told};

const CHANGES: [(&str, &str); 12] = [
    ("POST /v1/providers", ""),
    ("PATCH /v1/providers/{provider}", "x"),
    ("DELETE /v1/providers/{provider}", "x"),
    ("POST /v1/providers/{provider}/check", "x"),
    ("POST /v1/models", ""),
    ("PATCH /v1/models/{model}", "x"),
    ("DELETE /v1/models/{model}", "x"),
    ("POST /v1/mcp-servers", ""),
    ("PATCH /v1/mcp-servers/{server}", "x"),
    ("DELETE /v1/mcp-servers/{server}", "x"),
    ("POST /v1/mcp-servers/{server}/refresh", "x"),
    ("PUT /v1/settings/{name}", "limits"),
];

#[tokio::test]
async fn changes_are_for_administrators_and_nothing_is_for_strangers() {
    let world = World::new();
    for route in CHANGES {
        assert_eq!(
            told(&world.ask_as(Who::Member, None, route, json!({})).await),
            "403 forbidden",
            "{route:?}"
        );
        assert_eq!(told(&world.ask_as(Who::Stranger, None, route, json!({})).await), "401 unauthorized");
    }
    for route in [
        ("GET /v1/providers", ""),
        ("GET /v1/models", ""),
        ("GET /v1/mcp-servers", ""),
        ("GET /v1/me/settings/{name}", "keys"),
    ] {
        assert_eq!(told(&world.ask_as(Who::Stranger, None, route, Value::Null).await), "401 unauthorized");
        assert_eq!(told(&world.ask_as(Who::Member, None, route, Value::Null).await), "200 done");
    }
}

#[tokio::test]
async fn unknown_fields_are_refused() {
    let world = World::new();
    let wrong = json!({"colour": "red"});
    for (route, path) in [
        ("POST /v1/providers", ""),
        ("POST /v1/models", ""),
        ("POST /v1/mcp-servers", ""),
        ("PUT /v1/settings/{name}", "system-prompt"),
        ("PUT /v1/settings/{name}", "limits"),
        ("PUT /v1/settings/{name}", "retention"),
        ("PUT /v1/settings/{name}", "model-overrides"),
        ("PUT /v1/settings/{name}", "plan-instructions"),
        ("PUT /v1/me/settings/{name}", "prompt"),
        ("PUT /v1/me/settings/{name}", "compaction-thresholds"),
        ("PUT /v1/me/settings/{name}", "keys"),
    ] {
        assert_eq!(world.told(route, path, wrong.clone()).await, "400 invalid_request", "{route} {path}");
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_said() {
    let world = World::new();
    world.break_store();
    let body = json!({"type": "openai", "name": "one"});
    assert_eq!(world.told("POST /v1/providers", "", body).await, "503 unavailable");
    assert_eq!(world.told("GET /v1/models", "", Value::Null).await, "503 unavailable");
}
