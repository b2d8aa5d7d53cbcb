//! Machines that people have already.

use chat::{
    id::WorkspaceId,
    limit::ENROLMENT_MS,
    port::{Agent, EnrolAgents as _},
};
use edge::Secret;
use serde_json::{Value, json};

use crate::world::{Who, World, person};

const ENROLL: &str = "POST /v1/workspaces/enroll";

async fn exchanged(world: &World, reply: &Value) -> Option<Agent> {
    let token = Secret::new(reply["body"]["token"].as_str().unwrap());
    world.memory.exchange(&token.hash(), "agents-own").await.unwrap()
}

fn id(reply: &Value) -> WorkspaceId {
    reply["body"]["workspace_id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_enrolment_is_a_workspace_and_a_token_for_its_agent() {
    let world = World::new();
    let enrolled = world.ask(ENROLL, "", json!({"name": "my laptop"})).await;
    insta::assert_json_snapshot!(enrolled, { ".body.workspace_id" => "[id]", ".body.token" => "[token]" });
    let agent = Agent { workspace_id: id(&enrolled), person: person(Who::Ann) };
    assert_eq!(exchanged(&world, &enrolled).await, Some(agent));
    let listed = world.ask("GET /v1/workspaces", "", Value::Null).await;
    assert_eq!(listed["body"]["workspaces"][0]["name"], "my laptop");
    assert_eq!(world.wakes.take_machines(), [], "there is nothing to bring up");
}

#[tokio::test]
async fn a_token_is_good_for_an_hour() {
    let world = World::new();
    let enrolled = world.ask(ENROLL, "", Value::Null).await;
    world.clock.advance_ms(ENROLMENT_MS);
    assert_eq!(exchanged(&world, &enrolled).await, None);
}

#[tokio::test]
async fn the_same_key_enrols_the_same_machine_with_a_new_token() {
    let world = World::new();
    let first = world.ask_as(Who::Ann, Some("k"), (ENROLL, ""), json!({})).await;
    let again = world.ask_as(Who::Ann, Some("k"), (ENROLL, ""), json!({})).await;
    assert_eq!(id(&first), id(&again));
    assert_ne!(first["body"]["token"], again["body"]["token"]);
    assert_eq!(exchanged(&world, &again).await.map(|agent| agent.workspace_id), Some(id(&first)));
}

#[tokio::test]
async fn an_own_machine_is_started_and_stopped_by_its_owner() {
    let world = World::new();
    let enrolled = world.ask(ENROLL, "", Value::Null).await;
    let id = id(&enrolled).to_string();
    for verb in ["start", "stop"] {
        let route = format!("POST /v1/workspaces/{{workspace}}/{verb}");
        assert_eq!(world.told(&route, &id, Value::Null).await, "409 own_machine");
    }
    assert_eq!(world.told("DELETE /v1/workspaces/{workspace}", &id, Value::Null).await, "204 done");
}
