use serde_json::{Value, json};

use super::world::{Ask, World};

const ANSWER: &str = "POST /v1/chats/{chat}/tool-results";

fn results(ids: &[&str]) -> Ask {
    let result = |id: &&str| json!({ "tool_call_id": id, "output": { "seen": id }, "is_error": false });
    let results: Vec<Value> = ids.iter().map(result).collect();
    Ask { body: Some(json!({ "results": results })), ..Ask::default() }
}

#[tokio::test]
async fn all_results_together_make_the_turn_go_on() {
    let world = World::asking().await;
    assert_eq!(world.told(ANSWER, results(&["c2", "c1"])).await, "204 done");
    assert_eq!(world.wakes.waiting().len(), 1);
    assert_eq!(world.heard(), ["5 message …", "5 message …", "5 status running"]);
    assert_eq!(world.told(ANSWER, results(&["c2", "c1"])).await, "409 not_requires_action");
}

#[tokio::test]
async fn the_checks_have_an_order() {
    let (resting, asking) = (World::at_rest().await, World::asking().await);
    assert_eq!(resting.told(ANSWER, results(&[])).await, "400 invalid_request");
    assert_eq!(resting.told(ANSWER, results(&["c1", "c1"])).await, "409 not_requires_action");
    assert_eq!(asking.told(ANSWER, results(&["c9", "c9"])).await, "400 invalid_request");
    insta::assert_json_snapshot!("doubled", asking.ask(ANSWER, results(&["c1", "c1"])).await["body"]);
    insta::assert_json_snapshot!("other_set", asking.ask(ANSWER, results(&["c1", "c9"])).await["body"]);
    assert_eq!(asking.snapshot().chat.calls.len(), 2, "nothing was taken in part");
}

#[tokio::test]
async fn results_are_any_json() {
    let world = World::asking().await;
    let body = json!({ "results": [
        { "tool_call_id": "c1", "output": null },
        { "tool_call_id": "c2", "output": [1, "two"], "is_error": true },
    ] });
    assert_eq!(world.told(ANSWER, Ask { body: Some(body), ..Ask::default() }).await, "204 done");
    let visible = world.memory.visible(world.chat_id);
    let results: Vec<_> = visible.iter().flat_map(|message| message.results()).collect();
    assert_eq!((&results[0].result, &results[1].result), (&json!(null), &json!([1, "two"])));
    assert!(results[1].is_error && results[1].tool_name == "look");
}

#[tokio::test]
async fn too_much_is_413() {
    let world = World::asking().await;
    let body = json!({ "results": [{ "tool_call_id": "c1", "output": "x".repeat(262_144) }] });
    assert_eq!(world.told(ANSWER, Ask { body: Some(body), ..Ask::default() }).await, "413 too_large");
}
