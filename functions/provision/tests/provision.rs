//! Messages of the queue in; machines, workspaces and answers out.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use chat::{
    agent::Report,
    id::WorkspaceId,
    port::{Clock as _, KeepReports as _, ReadCheckouts as _, ReadWorkspaces as _, Unavailable},
    time::Timestamp,
    workspace::{MachineKind, Phase, Presence, Template, Wanted, Workspace},
};
use kit::{clock::ManualClock, memory::Memory, seed, sockets::Sockets, wakes::Wakes};
use machines::{MachineState, Order, Provision, Trouble};
use provision::{App, handle};
use serde_json::{Value, json};
use turn::Ports;
use uuid::Uuid;

const ID: WorkspaceId = WorkspaceId(Uuid::from_u128(0x40));

/// What a maker of machines refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mood {
    #[default]
    Willing,
    Full,
    Away,
}

/// Machines in memory. One that is told to sleep takes a look to fall asleep.
#[derive(Clone, Default)]
struct Fleet(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    states: BTreeMap<String, MachineState>,
    orders: Vec<Order>,
    mood: Mood,
    /// What happens to the workspace while a machine is being asked for anything.
    meanwhile: Option<(Memory, Workspace)>,
}

impl Fleet {
    fn ask<T>(&self, effect: impl FnOnce(&mut Inner) -> T) -> Result<T, Trouble> {
        let mut inner = self.0.lock().unwrap();
        if let Some((memory, workspace)) = inner.meanwhile.take() {
            memory.seed_workspace(workspace);
        }
        match inner.mood {
            Mood::Willing => Ok(effect(&mut inner)),
            Mood::Full => Err(Trouble::Refused("there is no room".into())),
            Mood::Away => Err(Unavailable { dependency: "the maker", reason: "away".into() }.into()),
        }
    }

    fn set(&self, machine: &str, state: MachineState) -> Result<(), Trouble> {
        self.ask(|inner| {
            inner.states.insert(machine.to_owned(), state);
        })
    }
}

impl Provision for Fleet {
    async fn look(&self, machine: &str) -> Result<MachineState, Trouble> {
        self.ask(|inner| {
            let Some(state) = inner.states.get_mut(machine) else { return MachineState::Gone };
            let seen = *state;
            if seen == MachineState::Stopping {
                *state = MachineState::Stopped;
            }
            seen
        })
    }

    async fn run(&self, order: &Order) -> Result<String, Trouble> {
        self.ask(|inner| {
            let same = |made: &Order| made.instead_of == order.instead_of;
            let before = inner.orders.iter().position(same);
            inner.orders.push(order.clone());
            let name = format!("m-{}", before.map_or(inner.orders.len(), |index| index + 1));
            inner.states.insert(name.clone(), MachineState::Running);
            name
        })
    }

    async fn resume(&self, machine: &str) -> Result<(), Trouble> {
        self.set(machine, MachineState::Running)
    }

    async fn suspend(&self, machine: &str) -> Result<(), Trouble> {
        self.set(machine, MachineState::Stopping)
    }

    async fn destroy(&self, machine: &str) -> Result<(), Trouble> {
        self.ask(|inner| {
            inner.states.remove(machine);
        })
    }
}

type Held = App<Ports<Memory, Memory, Wakes, Sockets, ManualClock>, Fleet>;

struct World {
    memory: Memory,
    fleet: Fleet,
    app: Held,
}

impl World {
    fn new(wanted: Wanted, phase: Phase, machine: Option<&str>) -> Self {
        let clock = ManualClock::default();
        let memory = Memory::new(clock.port());
        let now = clock.now();
        memory.seed_workspace(Workspace {
            id: ID,
            person: seed::person(),
            name: "mine".into(),
            template_id: Some("small".into()),
            parameters: BTreeMap::from([("size".to_owned(), "s".to_owned())]),
            wanted,
            phase,
            machine: machine.map(str::to_owned),
            agent: None,
            failure: None,
            context_digest: None,
            edition: 1,
            last_used_at: now,
            created_at: now,
            updated_at: now,
        });
        let fleet = Fleet::default();
        let template = Template {
            id: "small".into(),
            name: "small".into(),
            display_name: "Small".into(),
            description: String::new(),
            parameters: Vec::new(),
            kind: MachineKind::Microvm,
            image: Some("image".into()),
        };
        let ports = Ports {
            chats: memory.clone(),
            directory: memory.clone(),
            wakes: Wakes::default(),
            sockets: Sockets::default(),
            clock,
        };
        let (machines, http_url) = (fleet.clone(), "https://api.example".to_owned());
        let app = App { ports, machines, templates: vec![template], http_url };
        Self { memory, fleet, app }
    }

    async fn change(&self, change: impl FnOnce(&mut Workspace)) {
        let mut workspace = self.stored().await;
        change(&mut workspace);
        self.memory.seed_workspace(workspace);
    }

    /// Has somebody want something else the next time that a machine is asked for anything.
    async fn meanwhile(&self, change: impl FnOnce(&mut Workspace)) {
        let mut workspace = self.stored().await;
        change(&mut workspace);
        workspace.edition += 1;
        self.fleet.0.lock().unwrap().meanwhile = Some((self.memory.clone(), workspace));
    }

    async fn stored(&self) -> Workspace {
        self.memory.workspace(ID).await.unwrap().unwrap()
    }

    /// Delivers the workspace's message for the n-th time; true if it is to come again.
    async fn deliver(&self, count: u32) -> bool {
        let body = json!({"v": 1, "workspace_id": ID}).to_string();
        let event = json!({ "Records": [{
            "messageId": "m1", "receiptHandle": "h", "body": body, "messageAttributes": {}, "md5OfBody": "",
            "attributes": { "ApproximateReceiveCount": count.to_string(), "SentTimestamp": "0" },
            "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:r:1:machines", "awsRegion": "r",
        }] });
        let reply: Value = handle(&self.app, event).await.unwrap();
        reply["batchItemFailures"].as_array().is_some_and(|failures| !failures.is_empty())
    }
}

#[tokio::test]
async fn a_machine_is_made_once_and_told_how_to_enrol() {
    let world = World::new(Wanted::Running, Phase::Pending, None);
    assert!(!world.deliver(1).await);
    let stored = world.stored().await;
    assert_eq!((stored.phase, stored.machine.as_deref()), (Phase::Starting, Some("m-1")));
    assert!(!world.deliver(1).await, "doubled");
    let orders = world.fleet.0.lock().unwrap().orders.clone();
    assert_eq!(orders.len(), 1);
    assert_eq!((&*orders[0].image, &*orders[0].boot.url), ("image", "https://api.example"));
    assert!(orders[0].boot.enrolment.starts_with("qse_"));
}

#[tokio::test]
async fn what_sleeps_is_woken_and_what_is_gone_is_made_anew() {
    let world = World::new(Wanted::Running, Phase::Stopped, Some("m-9"));
    world.fleet.set("m-9", MachineState::Stopped).unwrap();
    world.deliver(1).await;
    assert_eq!(world.fleet.look("m-9").await.unwrap(), MachineState::Running);
    world.fleet.destroy("m-9").await.unwrap();
    world.change(|workspace| workspace.phase = Phase::Pending).await;
    world.deliver(1).await;
    let orders = world.fleet.0.lock().unwrap().orders.clone();
    assert_eq!(orders[0].instead_of.as_deref(), Some("m-9"));
    assert_eq!(world.stored().await.machine.as_deref(), Some("m-1"));
}

#[tokio::test(start_paused = true)]
async fn what_is_wanted_stopped_falls_asleep() {
    let world = World::new(Wanted::Stopped, Phase::Running, Some("m-9"));
    world.fleet.set("m-9", MachineState::Running).unwrap();
    assert!(!world.deliver(1).await);
    assert_eq!(world.stored().await.phase, Phase::Stopped);
    assert_eq!(world.fleet.look("m-9").await.unwrap(), MachineState::Stopped);
}

#[tokio::test]
async fn what_is_wanted_gone_is_ended() {
    let world = World::new(Wanted::Gone, Phase::Running, Some("m-9"));
    world.fleet.set("m-9", MachineState::Running).unwrap();
    world.memory.put_report(ID, &Report::default(), Timestamp(1)).await.unwrap();
    for _ in 0..2 {
        assert!(!world.deliver(1).await);
    }
    assert_eq!(world.fleet.look("m-9").await.unwrap(), MachineState::Gone);
    assert!(world.stored().await.is_gone());
    assert_eq!(world.memory.reported(ID).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_deleted_while_its_machine_is_made_leaves_none() {
    let world = World::new(Wanted::Running, Phase::Pending, None);
    world.meanwhile(|workspace| (workspace.wanted, workspace.phase) = (Wanted::Gone, Phase::Stopped)).await;
    assert!(!world.deliver(1).await);
    assert_eq!(world.fleet.look("m-1").await.unwrap(), MachineState::Gone);
    assert!(world.stored().await.is_gone() && world.stored().await.machine.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_started_while_it_is_to_fall_asleep_stays_up() {
    let world = World::new(Wanted::Stopped, Phase::Running, Some("m-9"));
    world.fleet.set("m-9", MachineState::Running).unwrap();
    world.change(|workspace| workspace.agent = Some(agent())).await;
    world.meanwhile(|workspace| workspace.wanted = Wanted::Running).await;
    assert!(!world.deliver(1).await);
    assert_eq!(world.fleet.look("m-9").await.unwrap(), MachineState::Running);
    assert!(world.stored().await.ready().is_ok());
}

#[tokio::test]
async fn an_agent_that_answers_is_no_failure() {
    let world = World::new(Wanted::Running, Phase::Starting, Some("m-9"));
    world.meanwhile(|workspace| (workspace.agent, workspace.phase) = (Some(agent()), Phase::Running)).await;
    world.fleet.0.lock().unwrap().mood = Mood::Away;
    assert!(!world.deliver(3).await);
    assert!(world.stored().await.ready().is_ok());
}

#[tokio::test]
async fn a_refusal_is_a_failure_in_words() {
    let world = World::new(Wanted::Running, Phase::Pending, None);
    world.fleet.0.lock().unwrap().mood = Mood::Full;
    assert!(!world.deliver(1).await);
    let stored = world.stored().await;
    assert_eq!((stored.phase, stored.failure.as_deref()), (Phase::Failed, Some("there is no room")));
}

#[tokio::test]
async fn a_maker_that_is_away_is_asked_three_times() {
    let world = World::new(Wanted::Running, Phase::Pending, None);
    world.fleet.0.lock().unwrap().mood = Mood::Away;
    let again = [world.deliver(1).await, world.deliver(2).await, world.deliver(3).await];
    assert_eq!(again, [true, true, false]);
    assert_eq!(world.stored().await.phase, Phase::Failed);
    let gone = World::new(Wanted::Gone, Phase::Running, Some("m-9"));
    gone.fleet.0.lock().unwrap().mood = Mood::Away;
    assert!(gone.deliver(3).await, "it is ended some time");
}

#[tokio::test]
async fn a_template_that_is_not_there_any_more_is_a_failure() {
    let world = World::new(Wanted::Running, Phase::Pending, None);
    world.change(|workspace| workspace.template_id = Some("old".into())).await;
    world.deliver(1).await;
    assert_eq!(world.stored().await.failure.as_deref(), Some("there is no template old any more"));
}

#[tokio::test]
async fn an_agent_that_was_quicker_counts() {
    let world = World::new(Wanted::Running, Phase::Starting, Some("m-9"));
    world.fleet.set("m-9", MachineState::Starting).unwrap();
    world.meanwhile(|workspace| (workspace.agent, workspace.phase) = (Some(agent()), Phase::Running)).await;
    world.deliver(1).await;
    assert!(world.stored().await.ready().is_ok());
}

#[tokio::test]
async fn an_agent_that_never_left_needs_no_hello() {
    let world = World::new(Wanted::Running, Phase::Pending, Some("m-9"));
    world.fleet.set("m-9", MachineState::Running).unwrap();
    world.change(|workspace| workspace.agent = Some(agent())).await;
    world.deliver(1).await;
    assert!(world.stored().await.ready().is_ok());
}

fn agent() -> Presence {
    Presence {
        connection: "c".into(),
        run_id: Uuid::nil(),
        version: "1".into(),
        os: "linux".into(),
        folder: "/w".into(),
        since: ManualClock::default().now(),
    }
}
