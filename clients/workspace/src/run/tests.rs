use std::sync::Arc;

use chat::time::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;
use crate::{
    clock::SystemClock,
    process::ProcessId,
    scene::{Scene, token},
};

/// An agent without a link, whose state outlives it.
struct World {
    scene: Scene,
    state: tempfile::TempDir,
}

struct Agent {
    runner: Arc<Runner<SystemClock>>,
    outgoing: UnboundedReceiver<Outgoing>,
}

impl World {
    fn new() -> Self {
        Self { scene: Scene::new(), state: tempfile::tempdir().unwrap() }
    }

    fn agent(&self) -> Agent {
        let (sender, outgoing) = unbounded_channel();
        let journal = Journal::open(&self.state.path().join("journal"), SystemClock.now()).unwrap();
        let spool = Spool::open(&self.state.path().join("output"), &journal.unanswered()).unwrap();
        let runner = Runner {
            journal,
            tools: self.scene.tools.clone(),
            outgoing: sender,
            spool,
            api: Api::new("http://127.0.0.1:1").unwrap(),
            secret: "s".into(),
            clock: SystemClock,
            call_ended: Arc::default(),
            running: Running::default(),
        };
        Agent { runner: Arc::new(runner), outgoing }
    }
}

impl Agent {
    async fn give(&self, call: AgentCall) {
        self.runner.hear(Incoming::Call(Box::new(call))).await;
    }

    async fn answer(&mut self) -> AgentAnswer {
        loop {
            match self.outgoing.recv().await.unwrap() {
                Outgoing::Answer(answer) => return *answer,
                Outgoing::Accepted(_) | Outgoing::Progress(..) | Outgoing::Report(..) | Outgoing::Awake => {}
            }
        }
    }

    /// Dies as a killed process does: nothing is told, nothing is tidied up.
    fn die(self) {
        std::mem::take(&mut *self.runner.running.held()).into_values().for_each(|held| held.task.abort());
    }
}

fn call(number: u64, tool: &str, args: Value, if_lost: IfLost) -> AgentCall {
    AgentCall {
        token: token(1, number),
        tool_name: tool.into(),
        args,
        args_omitted: false,
        deadline_at: SystemClock.now().plus_ms(60_000),
        if_lost,
    }
}

fn command(number: u64, text: &str, if_lost: IfLost) -> AgentCall {
    call(number, "execute", json!({ "command": text, "timeout": 50 }), if_lost)
}

#[tokio::test]
async fn a_call_that_comes_twice_runs_once() {
    let world = World::new();
    let mut agent = world.agent();
    let call = command(1, "echo x >> count", IfLost::Ask);
    agent.give(call.clone()).await;
    agent.give(call.clone()).await;
    let first = agent.answer().await;
    agent.give(call.clone()).await;
    assert_eq!(agent.answer().await, first);
    agent.runner.hear(Incoming::Acknowledged(vec![call.token.clone()])).await;
    agent.die();
    let agent = world.agent();
    agent.runner.recover().await;
    agent.give(call).await;
    assert!(agent.runner.running.held().is_empty());
    assert_eq!(world.scene.text("count"), "x\n");
}

#[tokio::test]
async fn an_answer_is_told_again_by_the_next_run_of_the_agent() {
    let world = World::new();
    let mut agent = world.agent();
    agent.give(command(1, "echo x >> count", IfLost::Ask)).await;
    let first = agent.answer().await;
    agent.die();
    let mut agent = world.agent();
    agent.runner.recover().await;
    assert_eq!(agent.answer().await, first);
    agent.give(command(1, "echo x >> count", IfLost::Ask)).await;
    assert_eq!(agent.answer().await, first);
    assert_eq!(world.scene.text("count"), "x\n");
}

#[tokio::test]
async fn a_call_that_ran_when_the_agent_died_is_reported_with_what_it_put_out() {
    let world = World::new();
    let mut agent = world.agent();
    agent.give(command(1, "echo begun; sleep 60", IfLost::Ask)).await;
    while !matches!(agent.outgoing.recv().await.unwrap(), Outgoing::Progress(..)) {}
    agent.die();
    let mut agent = world.agent();
    agent.runner.recover().await;
    let error = "the agent was restarted while this ran, so it is not known what it did; \
        ask the user before trying again";
    let expected = AgentAnswer {
        token: token(1, 1),
        result: json!({ "error": error, "output": "begun\n" }),
        is_error: true,
        outcome: Some(Outcome::Unknown),
    };
    assert_eq!(agent.answer().await, expected);
}

#[tokio::test]
async fn a_call_that_may_be_repeated_is_run_again() {
    let world = World::new();
    world.scene.write("a", "text");
    let agent = world.agent();
    let read = call(1, "read_file", json!({ "path": "a" }), IfLost::Retry);
    // As if the agent had died right after it wrote this.
    agent.runner.journal.start(read, SystemClock.now()).await.unwrap();
    agent.die();
    let mut agent = world.agent();
    agent.runner.recover().await;
    // Nobody may want it any more.
    assert!(agent.runner.running.held().is_empty());
    assert!(agent.outgoing.try_recv().is_err());
    agent.give(call(1, "read_file", json!({ "path": "a" }), IfLost::Retry)).await;
    assert_eq!(agent.answer().await.result["content"], "1\ttext\n");
}

#[tokio::test]
async fn a_call_that_may_be_repeated_is_lost_after_its_deadline() {
    let world = World::new();
    let agent = world.agent();
    let late = AgentCall { deadline_at: Timestamp(1), ..command(1, "touch a", IfLost::Retry) };
    agent.runner.journal.start(late, SystemClock.now()).await.unwrap();
    agent.die();
    let mut agent = world.agent();
    agent.runner.recover().await;
    assert_eq!(agent.answer().await.outcome, Some(Outcome::Unknown));
    assert!(!world.scene.root().join("a").exists());
}

#[tokio::test]
async fn a_call_that_began_and_has_no_answer_is_not_begun_again() {
    let world = World::new();
    let mut agent = world.agent();
    let call = command(1, "touch a", IfLost::Report);
    agent.runner.journal.start(call.clone(), SystemClock.now()).await.unwrap();
    agent.give(call).await;
    assert_eq!(agent.answer().await.outcome, Some(Outcome::Unknown));
    assert!(!world.scene.root().join("a").exists());
}

#[tokio::test]
async fn a_call_that_found_no_place_in_time_has_done_nothing() {
    let world = World::new();
    let agent = world.agent();
    let all = u32::try_from(limit::RUNNING_CALLS).unwrap();
    let places = Arc::clone(&agent.runner.running.places).acquire_many_owned(all).await.unwrap();
    let call = command(1, "touch a", IfLost::Ask);
    let answer = agent.runner.perform(call.clone(), Duration::from_millis(20)).await;
    assert_eq!(answer.outcome, None);
    let expected = json!({ "error": "nothing was done, it could not begin before its deadline" });
    assert_eq!((answer.result, answer.is_error), (expected, true));
    assert_eq!(agent.runner.journal.seen(&call.token), Seen::Never);
    drop(places);
}

#[tokio::test]
async fn a_long_call_is_accepted_and_says_so_again_when_it_is_asked_again() {
    let world = World::new();
    let mut agent = world.agent();
    let call = command(1, "echo a; while [ ! -e go ]; do sleep 0.05; done; echo b", IfLost::Ask);
    agent.give(call.clone()).await;
    let mut said = Vec::new();
    while said.last() != Some(&Outgoing::Accepted(call.token.clone())) {
        said.push(agent.outgoing.recv().await.unwrap());
    }
    assert_eq!(said.first(), Some(&Outgoing::Progress(call.token.clone(), "a\n".into())));
    agent.give(call.clone()).await;
    assert_eq!(agent.outgoing.recv().await, Some(Outgoing::Accepted(call.token)));
    world.scene.write("go", "");
    assert_eq!(agent.answer().await.result["output"], "a\nb\n");
}

#[tokio::test]
async fn a_cancelled_call_stops_and_is_not_answered() {
    let world = World::new();
    let mut agent = world.agent();
    let call = command(1, "echo begun; sleep 64", IfLost::Ask);
    agent.give(call.clone()).await;
    while !matches!(agent.outgoing.recv().await.unwrap(), Outgoing::Progress(..)) {}
    agent.runner.hear(Incoming::Cancelled(vec![call.token.clone()])).await;
    let process = world.scene.tools.processes.get(call.token.chat_id, &ProcessId::from(&call.token)).unwrap();
    assert!(process.wait(Duration::from_secs(20)).await);
    assert_eq!(agent.runner.journal.seen(&call.token), Seen::Gone);
    agent.give(call).await;
    while let Ok(said) = agent.outgoing.try_recv() {
        assert!(matches!(said, Outgoing::Progress(..)), "{said:?}");
    }
}

#[tokio::test]
async fn calls_run_beside_each_other() {
    let world = World::new();
    let mut agent = world.agent();
    // Each waits for the next one to begin.
    for number in 0..8 {
        let text = format!("touch s{number}; while [ ! -e s{} ]; do sleep 0.02; done", (number + 1) % 8);
        agent.give(command(number, &text, IfLost::Ask)).await;
    }
    for _ in 0..8 {
        let answer = agent.answer().await;
        assert_eq!(answer.result["success"], true, "{answer:?}");
    }
}

#[tokio::test]
async fn what_the_model_did_wrong_is_an_error_that_says_so() {
    let world = World::new();
    let mut agent = world.agent();
    agent.give(call(1, "read_file", json!({ "path": "none" }), IfLost::Retry)).await;
    let answer = agent.answer().await;
    assert_eq!((answer.result, answer.is_error), (json!({ "error": "none does not exist" }), true));
    assert_eq!(answer.outcome, None);
}

#[tokio::test]
async fn a_call_is_run_however_late_the_machines_clock_finds_it() {
    let world = World::new();
    let mut agent = world.agent();
    let late = AgentCall { deadline_at: Timestamp(0), ..command(1, "echo x", IfLost::Ask) };
    agent.give(late).await;
    assert_eq!(agent.answer().await.result["output"], "x\n");
}

#[tokio::test]
async fn a_command_that_outlasts_its_call_is_answered_in_time_and_goes_on() {
    let world = World::new();
    let mut agent = world.agent();
    let deadline_at = SystemClock.now().plus_ms(1);
    let long = AgentCall { deadline_at, ..command(1, "sleep 65", IfLost::Ask) };
    agent.give(long).await;
    let answer = agent.answer().await;
    assert_eq!((&answer.result["background_process_id"], answer.is_error), (&json!("1.call_1"), false));
}
