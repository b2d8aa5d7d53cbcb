//! What a stack lets those see who run it: the line of each invocation, its metrics, and what stands on them.

mod template;

use std::collections::BTreeSet;

use chat::{id::ChatId, record::Status};
use edge::{metric::Metric, price::LOG_LINE_BYTES};
use serde_json::{Value, json};

use crate::support::{Follower, World, say};

/// A turn's lines, all invocations together, cost as much as five read units at most.
const TURN_LOG_BYTES: usize = 3 * 1_024;

/// Returns the metrics that a line has CloudWatch make time series of; each must have its value beside it.
fn metrics(line: &Value) -> BTreeSet<String> {
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten();
    let mut names = BTreeSet::new();
    for directive in directives {
        assert_eq!(directive["Namespace"], edge::metric::NAMESPACE);
        for dimension in directive["Dimensions"][0].as_array().unwrap() {
            assert!(line[dimension.as_str().unwrap()].is_string(), "{dimension} has no value: {line}");
        }
        for metric in directive["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            assert!(line[name].is_number(), "{name} has no value: {line}");
            names.insert(name.to_owned());
        }
    }
    names
}

async fn tools(world: &World) -> ChatId {
    let tools = json!([{"name": "ask", "input_schema": {"type": "object"}}]);
    world.api.create(&json!({"content": [], "client_tools": tools})).await
}

/// Has a socket, the second one, listen to a chat and go away without a word.
async fn abandon(world: &World, id: ChatId) {
    let mut socket = world.socket().await;
    socket.send(&json!({"action": "subscribe", "chat_id": id})).await;
    socket.hear("caught_up").await;
    drop(socket);
    world.until_lines("a disconnect", |line| line["function"] == "socket", 5).await;
}

/// Lets happen what can: a turn, a retry, a failure, a call for the client, an edit in mid-stream.
async fn happen(world: &World) {
    let api = &world.api;
    let id = tools(world).await;
    let mut follower = Follower::of(world, id).await;
    api.say(id, "/pace 1\n/say one\n/fail overloaded times=1").await;
    follower.until_rest(2).await;
    api.say(id, "/pace 40\n/text 200").await;
    follower.until_streams().await;
    abandon(world, id).await;
    // Nobody but the step tells anything now: one of these flushes finds the socket gone.
    follower.frame().await;
    follower.frame().await;
    let message = follower.view.content().history.keys().last().copied().unwrap();
    api.patch(&format!("/chats/{id}/messages/{message}"), &say("/pace 1\n/call ask")).await.json(200);
    follower.until_status(Status::RequiresAction).await;
    let other = api.idle().await;
    let mut follower = Follower::of(world, other).await;
    api.say(other, "/fail auth").await;
    follower.until_status(Status::Error).await;
}

#[tokio::test]
async fn what_is_on_the_dashboard_is_emitted_and_what_is_emitted_is_on_it() {
    let Some(world) = World::stoppable().await else { return };
    happen(&world).await;
    let all: BTreeSet<String> = Metric::ALL.iter().map(|metric| metric.name().to_owned()).collect();
    let emitted = |lines: &[Value]| lines.iter().flat_map(metrics).collect::<BTreeSet<String>>();
    world.until_all("every metric", |lines| emitted(lines) == all).await;
    let (shown, alarmed) = (template::shown(), template::alarmed());
    assert_eq!(shown, all, "the dashboard");
    assert!(alarmed.len() > 5 && alarmed.is_subset(&all), "the alarms: {alarmed:?}");
}

#[test]
fn every_alarm_has_its_section_in_the_runbook_and_every_section_its_alarm() {
    assert_eq!(template::runbook_sections(), template::alarms());
}

#[tokio::test]
async fn a_plain_turn_leaves_a_line_per_invocation() {
    let Some(world) = World::stoppable().await else { return };
    let id = world.api.idle().await;
    let mut follower = Follower::of(&world, id).await;
    let before = world.lines().len();
    world.api.say(id, "/pace 30\n/text 20").await;
    follower.until_rest(2).await;
    world.until_all("the turn's lines", |lines| lines[before..].iter().any(is_step)).await;
    let lines = world.lines().split_off(before);
    let bytes: usize = lines.iter().map(|line| line.to_string().len() + LOG_LINE_BYTES).sum();
    assert!(bytes <= TURN_LOG_BYTES, "{bytes} bytes");
    let step = lines.into_iter().find(is_step).unwrap();
    assert_eq!(step["chat.id"], id.to_string());
    // Times differ every time, and with them flushes and what they take.
    insta::assert_json_snapshot!(step, {
        "[\"request.id\"]" => "[id]",
        "[\"chat.id\"]" => "[chat]", "[\"provider.request.id\"]" => "[id]",
        ".**.Timestamp" => "[now]",
        ".timestamp" => "[now]", ".ms" => "[ms]", ".rest_ms" => "[ms]", ".load_ms" => "[ms]", ".prompt_ms" => "[ms]",
        ".first_token_ms" => "[ms]", ".stream_ms" => "[ms]", ".flushes_ms" => "[ms]", ".commit_ms" => "[ms]",
        ".announce_ms" => "[ms]", ".StepOverhead" => "[ms]", ".TimeToFirstToken" => "[ms]",
        ".OldestWakeAge" => "[s]", ".EstimatedCost" => "[cost]", ".Pushes" => "[flushes]",
        ".ReadUnits" => "[flushes]", ".WriteUnits" => "[flushes]", ".flushes_read" => "[flushes]",
        ".flushes_write" => "[flushes]",
    });
}

#[tokio::test]
async fn steps_beside_each_other_do_not_mix() {
    let Some(world) = World::stoppable().await else { return };
    let (heard, alone) = (world.api.idle().await, world.api.idle().await);
    let mut follower = Follower::of(&world, heard).await;
    for id in [heard, alone] {
        world.api.say(id, "/pace 20\n/text 40").await;
    }
    follower.until_rest(2).await;
    world.until_lines("both steps", is_step, 2).await;
    let pushes = |id: ChatId| {
        let lines = world.lines();
        let step = lines.iter().find(|line| is_step(line) && line["chat.id"] == id.to_string()).cloned();
        step.unwrap()["Pushes"].as_u64()
    };
    assert!(pushes(heard).is_some_and(|pushes| pushes > 1));
    assert_eq!(pushes(alone), None, "nobody listened");
}

fn is_step(line: &Value) -> bool {
    line["function"] == "step"
}
