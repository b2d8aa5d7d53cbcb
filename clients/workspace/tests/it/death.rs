use chat::{
    agent::{AgentCall, ToAgent},
    part::Outcome,
    tool::IfLost,
};
use serde_json::json;

use crate::world::{World, call, end, gone, signal};

fn slow(if_lost: IfLost) -> AgentCall {
    let command = "echo x >> count; echo $$ > pid; echo begun; setsid sleep 600 & echo $! > child; \
        while [ ! -e go ]; do sleep 0.1; done; echo done";
    AgentCall { if_lost, ..call("execute", json!({ "command": command, "timeout": 100 })) }
}

#[tokio::test]
async fn a_killed_agent_reports_what_it_ran_and_leaves_nothing_running() {
    let world = World::new().await;
    let mut agent = world.start_enrolled();
    let mut socket = world.socket().await;
    socket.tell(ToAgent::Call(Box::new(slow(IfLost::Report)))).await;
    assert_eq!(socket.progress().await, "begun\n");
    agent.kill().await.unwrap();
    let _agent = world.start_enrolled();
    let mut socket = world.socket().await;
    // The deployment does not know how far it came.
    socket.tell(ToAgent::Call(Box::new(slow(IfLost::Report)))).await;
    let answer = socket.answer().await;
    assert_eq!((answer.is_error, answer.outcome), (true, Some(Outcome::Unknown)));
    assert_eq!(answer.result["output"], "begun\n");
    gone(&world.text("pid")).await;
    gone(&world.text("child")).await;
    assert_eq!(world.text("count"), "x\n");
}

#[tokio::test]
async fn a_killed_agent_runs_again_what_may_be_repeated() {
    let world = World::new().await;
    let mut agent = world.start_enrolled();
    let mut socket = world.socket().await;
    socket.tell(ToAgent::Call(Box::new(slow(IfLost::Retry)))).await;
    assert_eq!(socket.progress().await, "begun\n");
    let first = world.text("pid");
    agent.kill().await.unwrap();
    std::fs::write(world.work().join("go"), "").unwrap();
    let _agent = world.start_enrolled();
    let mut socket = world.socket().await;
    socket.tell(ToAgent::Call(Box::new(slow(IfLost::Retry)))).await;
    let answer = socket.answer().await;
    assert_eq!(answer.result["output"], "begun\ndone\n");
    gone(&first).await;
    assert_eq!(world.text("count"), "x\nx\n");
}

#[tokio::test]
async fn an_agent_that_is_told_to_stop_does_and_reports_later() {
    let world = World::new().await;
    let mut agent = world.start_enrolled();
    let mut socket = world.socket().await;
    socket.tell(ToAgent::Call(Box::new(slow(IfLost::Ask)))).await;
    assert_eq!(socket.progress().await, "begun\n");
    signal(&agent, "TERM");
    let (status, log) = end(&mut agent).await;
    assert!(status.success(), "{log}");
    gone(&world.text("pid")).await;
    gone(&world.text("child")).await;
    let _agent = world.start_enrolled();
    let answer = world.socket().await.answer().await;
    assert_eq!((answer.outcome, &answer.result["output"]), (Some(Outcome::Unknown), &json!("begun\n")));
}
