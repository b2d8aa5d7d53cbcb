//! Models: made, changed, listed; one is the default.

use serde_json::{Value, json};

use crate::world::{Who, World};

const ONE: &str = "PATCH /v1/models/{model}";

async fn listed(world: &World) -> Vec<Value> {
    let listed = world.ask_as(Who::Member, None, ("GET /v1/models", ""), Value::Null).await;
    listed["body"]["models"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_model_has_defaults_and_says_whether_it_can_be_asked() {
    let world = World::new();
    let id = world.provider("ours").await;
    world.model(&id, json!({})).await;
    world.model(&id, json!({"context_limit": 500_000, "model": "large"})).await;
    world.ask("PATCH /v1/providers/{provider}", &id, json!({"enabled": false})).await;
    let of_admin = world.ask("GET /v1/models", "", Value::Null).await;
    insta::assert_json_snapshot!(of_admin["body"]["models"]);
    let options = |models: &[Value]| models.iter().filter(|model| model.get("options").is_some()).count();
    assert_eq!(
        (options(of_admin["body"]["models"].as_array().unwrap()), options(&listed(&world).await)),
        (3, 0)
    );
}

#[tokio::test]
async fn one_model_is_the_default_whatever_happens() {
    let world = World::new();
    let id = world.provider("ours").await;
    let (one, two) = (world.model(&id, json!({})).await, world.model(&id, json!({"is_default": true})).await);
    let default = |listed: Vec<Value>| {
        let mut defaults = listed.into_iter().filter(|model| model["is_default"] == true);
        let first = defaults.next().unwrap()["id"].as_str().unwrap().to_owned();
        assert!(defaults.next().is_none(), "there is one");
        first
    };
    assert_eq!(default(listed(&world).await), two);
    world.ask("DELETE /v1/models/{model}", &two, Value::Null).await;
    assert_eq!(default(listed(&world).await), one);
    world.ask("DELETE /v1/models/{model}", &one, Value::Null).await;
    assert_eq!(default(listed(&world).await), kit::seed::MODEL.to_string(), "the preset one");
}

#[tokio::test]
async fn what_is_wrong_with_a_model_is_said_all_at_once() {
    let world = World::new();
    let id = world.provider("ours").await;
    let options = json!({"temperature": 3, "top_p": -1, "top_k": 0, "reasoning_effort": {"default": "high", "max": "low"}});
    let body = json!({"provider_id": id, "model": "", "context_limit": 0, "compaction_threshold": 101, "options": options});
    insta::assert_json_snapshot!(world.ask("POST /v1/models", "", body).await["body"]);
    let empty = world.ask("POST /v1/models", "", json!({})).await;
    insta::assert_json_snapshot!("nothing_said", empty["body"]["fields"]);
    let unknown = json!({"provider_id": kit::seed::MODEL, "model": "m", "context_limit": 1});
    assert_eq!(world.told("POST /v1/models", "", unknown).await, "400 invalid_request");
}

#[tokio::test]
async fn a_change_leaves_the_rest_and_a_preset_model_as_it_is() {
    let world = World::new();
    let id = world.provider("ours").await;
    let model = world.model(&id, json!({"cost": {"input": 3_000_000, "output": 15_000_000}})).await;
    let changed = world.ask(ONE, &model, json!({"display_name": "Llama", "compaction_threshold": 100})).await;
    assert_eq!(changed["body"]["cost"]["input"], 3_000_000);
    assert_eq!(changed["body"]["display_name"], "Llama");
    assert!(world.ask(ONE, &model, json!({"cost": null})).await["body"].get("cost").is_none());
    assert_eq!(world.told(ONE, &kit::seed::MODEL.to_string(), json!({"enabled": false})).await, "409 preset");
    assert_eq!(world.told(ONE, &id, json!({"enabled": false})).await, "404 not_found");
}
