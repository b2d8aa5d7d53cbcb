//! What is set for everybody, and what people set for themselves.

use serde_json::{Value, json};

use crate::world::{Who, World, told};

#[tokio::test]
async fn what_is_set_for_everybody_is_read_again() {
    let world = World::new();
    let (read, write) = ("GET /v1/settings/{name}", "PUT /v1/settings/{name}");
    for (name, body) in [
        ("system-prompt", json!({"system_prompt": "Be kind.", "include_default_system_prompt": false})),
        ("plan-instructions", json!({"plan_instructions": "Plan."})),
        ("limits", json!({"chat_micros": 5, "period": "week"})),
        ("retention", json!({"retention_days": 3650, "auto_archive_days": 0})),
        ("model-overrides", json!({"title": kit::seed::MODEL})),
    ] {
        assert_eq!(world.ask(write, name, body.clone()).await["body"], body, "{name}");
        assert_eq!(world.ask(read, name, Value::Null).await["body"], body, "{name}");
        let seen = world.ask_as(Who::Member, None, (read, name), Value::Null).await;
        if name == "system-prompt" {
            assert_eq!(told(&seen), "404 not_found", "for administrators");
        } else {
            assert_eq!(seen["body"], body, "{name}");
        }
    }
    let nobody = json!({"title": kit::seed::PROVIDER});
    assert_eq!(world.told(write, "model-overrides", nobody).await, "422 no_such_model");
    assert_eq!(world.told(write, "retention", json!({"retention_days": 3651})).await, "400 invalid_request");
    assert_eq!(world.told(write, "colour", json!({})).await, "404 not_found");
    let long = json!({"system_prompt": "a".repeat(131_073)});
    assert_eq!(world.told(write, "system-prompt", long).await, "400 invalid_request");
}

#[tokio::test]
async fn a_person_sets_prompt_thresholds_and_keys_for_herself() {
    let world = World::new();
    let provider = world.provider("ours").await;
    let model = world.model(&provider, json!({})).await;
    let write = |name, body| world.ask_as(Who::Member, None, ("PUT /v1/me/settings/{name}", name), body);
    assert_eq!(write("prompt", json!({"prompt": "Short."})).await["body"]["prompt"], "Short.");
    let long = json!({"prompt": "a".repeat(131_073)});
    assert_eq!(told(&write("prompt", long).await), "400 invalid_request");
    let thresholds = json!({"thresholds": {model.as_str(): 50}});
    assert_eq!(write("compaction-thresholds", thresholds.clone()).await["body"], thresholds);
    let too_much = json!({"thresholds": {model.as_str(): 101, provider.as_str(): 1}});
    let refused = write("compaction-thresholds", too_much).await;
    assert_eq!(refused["body"]["fields"].as_array().unwrap().len(), 2, "{refused}");
    assert_eq!(world.told("DELETE /v1/models/{model}", &model, Value::Null).await, "204 done");
    let again = write("compaction-thresholds", thresholds).await;
    assert_eq!(again["body"], json!({"thresholds": {}}), "what was read may be put again");
    let key = json!({"keys": {provider.as_str(): "sk-mine"}});
    assert_eq!(told(&write("keys", key.clone()).await), "400 invalid_request", "not allowed yet");
    let own = json!({"keys": {"own": true, "fallback": true}});
    world.ask("PATCH /v1/providers/{provider}", &provider, own).await;
    let held = write("keys", key).await;
    assert_eq!(held["body"], json!({"keys": [{"provider_id": provider, "has_key": true}]}));
    let gone = write("keys", json!({"keys": {provider.as_str(): null}})).await;
    assert_eq!(gone["body"], json!({"keys": []}));
    let read = world.ask_as(Who::Member, None, ("GET /v1/me/settings/{name}", "prompt"), Value::Null).await;
    assert_eq!(read["body"]["prompt"], "Short.", "the rest stays");
    let others = world.ask("GET /v1/me/settings/{name}", "prompt", Value::Null).await;
    assert_eq!(others["body"]["prompt"], "", "nobody else's");
}
