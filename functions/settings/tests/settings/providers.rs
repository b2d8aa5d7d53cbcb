//! Providers: made, changed, listed, deleted; and their keys, which nobody sees again.

use edge::config::BaseUrls;
use serde_json::{Value, json};

use crate::world::{Who, World, told};

const ALL: (&str, &str) = ("GET /v1/providers", "");
const ONE: &str = "PATCH /v1/providers/{provider}";

#[tokio::test]
async fn a_provider_is_made_and_listed_beside_the_preset_ones_without_its_key() {
    let world = World::new();
    let body = json!({"type": "openai-compat", "name": " Ours ", "base_url": "https://llm.example.com/v1", "api_key": "sk-hush"});
    let made = world.ask("POST /v1/providers", "", body).await;
    insta::assert_json_snapshot!(made);
    let listed = world.ask_as(Who::Admin, None, ALL, Value::Null).await;
    insta::assert_json_snapshot!("listed", listed["body"]);
    let shown = world.ask_as(Who::Member, None, ALL, Value::Null).await;
    insta::assert_json_snapshot!("shown_to_members", shown["body"]);
    assert!(!format!("{listed}{shown}").contains("hush"));
    let stored = world.stored().await;
    let sealed = stored.providers[0].sealed_key.clone().unwrap();
    assert!(String::from_utf8(sealed.0).unwrap().starts_with("Deployment"), "sealed for its provider");
}

#[tokio::test]
async fn what_is_wrong_with_a_provider_is_said_all_at_once() {
    let world = World::new();
    let keys = json!({"central": false, "own": false, "fallback": true});
    let body = json!({"type": "rehearsal", "name": "\n", "base_url": "http://user@169.254.169.254", "keys": keys, "api_key": "a b"});
    let refused = world.ask("POST /v1/providers", "", body).await;
    insta::assert_json_snapshot!(refused["body"]);
    let empty = world.ask("POST /v1/providers", "", json!({})).await;
    insta::assert_json_snapshot!("nothing_said", empty["body"]["fields"]);
    let long = json!({"type": "openai", "name": "long", "api_key": "k".repeat(10_241)});
    assert_eq!(world.told("POST /v1/providers", "", long).await, "400 invalid_request");
    let most = json!({"type": "openai", "name": "most", "api_key": "k".repeat(10_240)});
    assert_eq!(world.told("POST /v1/providers", "", most).await, "201 done");
}

#[tokio::test]
async fn a_server_inside_the_network_is_for_deployments_that_allow_it() {
    let body = json!({"type": "openai-compat", "name": "here", "base_url": "http://localhost:11434/v1"});
    assert_eq!(World::new().told("POST /v1/providers", "", body.clone()).await, "400 invalid_request");
    assert_eq!(World::allowing(BaseUrls::Any).told("POST /v1/providers", "", body).await, "201 done");
}

#[tokio::test]
async fn what_is_not_said_of_keys_is_as_by_default() {
    let world = World::new();
    let body = json!({"type": "openai", "name": "one", "keys": {"own": true}});
    let made = world.ask("POST /v1/providers", "", body).await;
    assert_eq!(made["body"]["keys"], json!({"central": true, "own": true, "fallback": false}));
    let body = json!({"type": "openai", "name": "two", "keys": {"central": true, "other": true}});
    assert_eq!(world.told("POST /v1/providers", "", body).await, "400 invalid_request");
}

#[tokio::test]
async fn a_bedrock_without_a_key_is_there_only_where_the_role_may_ask() {
    for (by_role, available, reason) in [(false, false, json!("missing_key")), (true, true, Value::Null)] {
        let world = World::with(BaseUrls::Public, by_role);
        let made = world.ask("POST /v1/providers", "", json!({"type": "bedrock", "name": "role"})).await;
        let id = made["body"]["id"].as_str().unwrap().to_owned();
        let model = world.model(&id, json!({"model": "eu.anthropic.claude-opus-4-7"})).await;
        let listed = world.ask_as(Who::Member, None, ("GET /v1/models", ""), Value::Null).await;
        let models = listed["body"]["models"].as_array().unwrap();
        let model = models.iter().find(|listed| listed["id"] == *model).unwrap();
        assert_eq!((&model["available"], &model["unavailable_reason"]), (&json!(available), &reason));
    }
}

#[tokio::test]
async fn a_key_of_bedrock_needs_a_region() {
    let world = World::new();
    let body = json!({"type": "bedrock", "name": "role"});
    let made = world.ask("POST /v1/providers", "", body).await;
    let id = made["body"]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.told(ONE, &id, json!({"api_key": "k"})).await, "400 invalid_request");
    let keyed = json!({"type": "bedrock", "name": "keyed", "api_key": "k"});
    assert_eq!(world.told("POST /v1/providers", "", keyed).await, "400 invalid_request");
    let at = "https://bedrock-runtime.eu-central-1.amazonaws.com";
    assert_eq!(world.told(ONE, &id, json!({"api_key": "k", "base_url": at})).await, "200 done");
}

#[tokio::test]
async fn a_change_leaves_the_rest_and_null_takes_away() {
    let world = World::new();
    let id = world.provider("ours").await;
    let renamed = world.ask(ONE, &id, json!({"name": "renamed", "enabled": false})).await;
    assert_eq!(renamed["body"]["has_key"], true);
    assert_eq!(renamed["body"]["name"], "renamed");
    assert_eq!(world.ask(ONE, &id, json!({"api_key": null})).await["body"]["has_key"], false);
    assert_eq!(world.told(ONE, &id, json!({"base_url": null})).await, "400 invalid_request");
    assert_eq!(world.told(ONE, &id, json!({"type": "openai"})).await, "400 invalid_request");
}

#[tokio::test]
async fn a_key_does_not_move_along_with_its_provider() {
    let world = World::new();
    let id = world.provider("ours").await;
    let own = json!({"keys": {(id.as_str()): "sk-own"}});
    let keys = json!({"keys": {"central": true, "own": true, "fallback": false}});
    world.ask(ONE, &id, keys).await;
    assert_eq!(world.told("PUT /v1/me/settings/{name}", "keys", own.clone()).await, "200 done");
    let mine = || world.ask("GET /v1/me/settings/{name}", "keys", Value::Null);
    assert_eq!(mine().await["body"]["keys"][0]["has_key"], true);
    let moved = world.ask(ONE, &id, json!({"base_url": "https://elsewhere.example.com/v1"})).await;
    assert_eq!(moved["body"]["has_key"], false, "{moved}");
    assert_eq!(mine().await["body"]["keys"][0]["has_key"], false);
    let with_key = json!({"base_url": "https://third.example.com/v1", "api_key": "sk-new"});
    assert_eq!(world.ask(ONE, &id, with_key).await["body"]["has_key"], true);
    assert_eq!(world.told("PUT /v1/me/settings/{name}", "keys", own).await, "200 done");
    assert_eq!(mine().await["body"]["keys"][0]["has_key"], true, "given again, it is for the new place");
}

#[tokio::test]
async fn a_preset_provider_is_listed_and_not_changed() {
    let world = World::new();
    let preset = kit::seed::PROVIDER.to_string();
    assert_eq!(world.told(ONE, &preset, json!({"name": "x"})).await, "409 preset");
    assert_eq!(world.told("DELETE /v1/providers/{provider}", &preset, Value::Null).await, "409 preset");
}

#[tokio::test]
async fn a_name_is_taken_once_and_a_provider_with_models_stays() {
    let world = World::new();
    let (id, other) = (world.provider("ours").await, world.provider("other").await);
    assert_eq!(world.told(ONE, &other, json!({"name": "ours"})).await, "409 name_taken");
    world.model(&id, json!({})).await;
    let delete = "DELETE /v1/providers/{provider}";
    assert_eq!(world.told(delete, &id, Value::Null).await, "409 in_use");
    assert_eq!(world.told(delete, &other, Value::Null).await, "204 done");
    assert_eq!(world.told(delete, &other, Value::Null).await, "404 not_found");
    assert_eq!(world.told(delete, "nonsense", Value::Null).await, "404 not_found");
}

#[tokio::test]
async fn the_same_key_makes_one_provider() {
    let world = World::new();
    let body = json!({"type": "openai", "name": "one", "api_key": "sk-1"});
    let post = |body: Value| world.ask_as(Who::Admin, Some("key"), ("POST /v1/providers", ""), body);
    let (first, again) = (post(body.clone()).await, post(body).await);
    assert_eq!(first["body"], again["body"]);
    assert_eq!(again["headers"]["idempotent-replay"], "true");
    assert_eq!(told(&post(json!({"type": "openai", "name": "two"})).await), "409 idempotency_mismatch");
    assert_eq!(world.stored().await.providers.len(), 1);
}

#[tokio::test]
async fn a_check_says_what_is_missing_before_anybody_is_asked() {
    let world = World::new();
    let check = "POST /v1/providers/{provider}/check";
    let id = world.provider("ours").await;
    let none = world.ask(check, &id, Value::Null).await;
    assert_eq!(none["body"]["ok"], false);
    assert!(none["body"]["message"].as_str().unwrap().contains("no model"), "{none}");
    world.model(&id, json!({})).await;
    world.ask(ONE, &id, json!({"api_key": null})).await;
    let keyless = world.ask(check, &id, Value::Null).await;
    assert_eq!(keyless["body"]["detail"], "the provider has no key", "{keyless}");
}
