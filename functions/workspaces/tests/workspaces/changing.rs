//! Workspaces are started, stopped and deleted.

use chat::{
    port::{Agent, EnrolAgents as _, KeepWorkspaces as _, ReadAgents as _},
    workspace::{Phase, Wanted, Workspace},
};
use serde_json::Value;

use crate::world::{Who, World, person, told};

const READ: &str = "GET /v1/workspaces/{workspace}";
const START: &str = "POST /v1/workspaces/{workspace}/start";
const STOP: &str = "POST /v1/workspaces/{workspace}/stop";
const DELETE: &str = "DELETE /v1/workspaces/{workspace}";

async fn put(world: &World, id: &str, change: impl FnOnce(&mut Workspace)) {
    let mut workspace = world.stored(id).await;
    change(&mut workspace);
    workspace.edition += 1;
    world.memory.put_workspace(&workspace).await.unwrap();
}

#[tokio::test]
async fn a_request_says_what_is_wanted_and_asks_for_the_machine() {
    let world = World::new();
    let id = world.made().await;
    put(&world, &id, |workspace| workspace.phase = Phase::Running).await;
    let _ = world.wakes.take_machines();
    let mut statuses = Vec::new();
    for route in [STOP, STOP, START, START] {
        let reply = world.ask(route, &id, Value::Null).await;
        statuses.push(format!("{} {}", reply["statusCode"], reply["body"]["status"].as_str().unwrap()));
    }
    assert_eq!(statuses, ["202 stopping", "202 stopping", "202 running", "202 running"]);
    assert_eq!(world.stored(&id).await.wanted, Wanted::Running);
    assert_eq!(world.wakes.take_machines().len(), 4);
}

#[tokio::test]
async fn what_failed_is_started_anew() {
    let world = World::new();
    let id = world.made().await;
    put(&world, &id, |workspace| {
        workspace.phase = Phase::Failed;
        workspace.failure = Some("no room".into());
    })
    .await;
    assert_eq!(world.ask(READ, &id, Value::Null).await["body"]["failure"], "no room");
    let started = world.ask(START, &id, Value::Null).await;
    assert_eq!((&started["body"]["status"], started["body"].get("failure")), (&"pending".into(), None));
}

#[tokio::test]
async fn what_is_deleted_is_removed_and_then_there_for_nobody() {
    let world = World::new();
    let id = world.made().await;
    let agent = Agent { workspace_id: id.parse().unwrap(), person: person(Who::Ann) };
    let until = chat::port::Clock::now(&world.clock).plus_ms(60_000);
    world.memory.put_enrolment("e", agent, until).await.unwrap();
    world.memory.exchange("e", "t").await.unwrap();
    for _ in 0..2 {
        assert_eq!(world.told(DELETE, &id, Value::Null).await, "204 done");
    }
    assert_eq!(world.memory.agent("t").await.unwrap(), None, "its agent is a stranger");
    assert_eq!(world.ask(READ, &id, Value::Null).await["body"]["status"], "deleting");
    assert_eq!(world.told(START, &id, Value::Null).await, "404 not_found");
    assert_eq!(world.told(STOP, &id, Value::Null).await, "404 not_found");
    put(&world, &id, |workspace| workspace.phase = Phase::Stopped).await;
    assert_eq!(world.told(READ, &id, Value::Null).await, "404 not_found");
}

#[tokio::test]
async fn an_outage_after_the_write_is_made_up_for_by_asking_again() {
    let world = World::new();
    let id = world.made().await;
    let _ = world.wakes.take_machines();
    world.break_call("provision");
    assert_eq!(world.told(STOP, &id, Value::Null).await, "503 unavailable");
    world.mend();
    assert_eq!(world.told(STOP, &id, Value::Null).await, "202 done");
    assert_eq!(world.wakes.take_machines().len(), 1);
}

#[tokio::test]
async fn foreign_workspaces_are_not_there() {
    let world = World::new();
    let id = world.made().await;
    for route in [READ, START, STOP, DELETE] {
        let reply = world.ask_as(Who::Bob, None, (route, &id), Value::Null).await;
        assert_eq!(told(&reply), "404 not_found", "{route}");
    }
}
