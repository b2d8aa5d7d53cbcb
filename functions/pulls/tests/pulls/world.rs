//! A workspace, chats on it, what its agent reports, a GitHub, and the function.

use chat::{
    Draft,
    agent::{GitState, Report},
    diff::{Checkout, DiffStatus},
    id::{ChatId, ConnectionId, WorkspaceId},
    port::{
        BindChats as _, Clock as _, CommitChats as _, KeepReports as _, KeepSockets as _, ReadCheckouts as _,
    },
    record::Chat,
    wake::{Look, PullWake},
    workspace::{Phase, Wanted, Workspace},
};
use forge::{GitHub, Settings};
use kit::{
    clock::ManualClock, faults::Faults, github::GitHub as Fake, memory::Memory, seed, sockets::Sockets,
    wakes::Wakes,
};
use pulls::App;
use serde_json::{Value, json};
use turn::Ports;
use uuid::Uuid;

pub(crate) const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(0x40));

pub(crate) type Port = Ports<Memory, Memory, Wakes, Sockets, ManualClock>;

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) memory: Memory,
    pub(crate) wakes: Wakes,
    pub(crate) sockets: Sockets,
    pub(crate) faults: Faults,
    pub(crate) fake: Fake,
    app: App<Port>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let (clock, faults, fake) = (ManualClock::default(), Faults::default(), Fake::start().await.unwrap());
        let memory = Memory::new(clock.port());
        let wakes = Wakes::new(clock.port(), faults.clone());
        let sockets = Sockets::new(faults.clone());
        let faulty = memory.with_faults(faults.clone());
        let ports = Ports {
            chats: faulty.clone(),
            directory: faulty,
            wakes: wakes.clone(),
            sockets: sockets.clone(),
            clock: clock.clone(),
        };
        let settings = Settings { api_url: fake.api_url(), host: "github.com".into(), token: None };
        let app = App { ports, github: Some(GitHub::new(settings, kit::tls::nobody()).unwrap()) };
        let world = Self { clock, memory, wakes, sockets, faults, fake, app };
        world.seed();
        world
    }

    fn seed(&self) {
        let now = self.clock.now();
        self.memory.seed_workspace(Workspace {
            id: WORKSPACE,
            person: seed::person(),
            name: "mine".into(),
            template_id: None,
            parameters: std::collections::BTreeMap::new(),
            wanted: Wanted::Running,
            phase: Phase::Running,
            machine: None,
            agent: None,
            failure: None,
            edition: 1,
            last_used_at: now,
            created_at: now,
            updated_at: now,
            context_digest: None,
        });
    }

    /// A chat on the workspace, of a family or its own root.
    pub(crate) async fn chat(&self, root: Option<ChatId>) -> ChatId {
        let chat = Chat {
            workspace_id: Some(WORKSPACE),
            parent_chat_id: root,
            root_chat_id: root,
            ..seed::chat(ChatId(self.clock.new_id()))
        };
        let id = chat.id;
        let made = seed::change(Draft::open(None, self.clock.now()), [seed::create(chat, None)]);
        self.memory.commit(&made, None).await.unwrap();
        id
    }

    /// A chat that has a call out there.
    pub(crate) async fn bound(&self) -> ChatId {
        let id = self.chat(None).await;
        self.memory.bind(WORKSPACE, id, self.clock.now().plus_ms(60_000)).await.unwrap();
        id
    }

    pub(crate) async fn watch(&self) -> ConnectionId {
        let connection = ConnectionId::from("watcher");
        let (owner, until) = (seed::person().user_id, self.clock.now().plus_ms(3_600_000));
        self.memory.watch(owner, &connection, until).await.unwrap();
        connection
    }

    /// The agent reports, and somebody is woken.
    pub(crate) async fn report(&self, git: Option<GitState>) {
        let report = Report { git, ..Report::default() };
        self.memory.put_report(WORKSPACE, &report, self.clock.now()).await.unwrap();
        self.look(PullWake::new(WORKSPACE, Look::Wanted)).await;
    }

    /// Answers whether the wake is done with.
    pub(crate) async fn look(&self, wake: PullWake) -> bool {
        let record = json!({"messageId": "m", "body": json!(wake).to_string()});
        let reply: Value = pulls::handle(&self.app, json!({ "Records": [record] })).await.unwrap();
        reply["batchItemFailures"].as_array().is_none_or(Vec::is_empty)
    }

    /// Lets time pass until the next wake of the function to itself arrives, and delivers it; answers after how long.
    pub(crate) async fn next_look(&self) -> Option<u64> {
        let (wake, delay_ms) = self.wakes.take_pulls().into_iter().last()?;
        self.clock.advance_ms(delay_ms);
        self.look(wake).await;
        Some(delay_ms)
    }

    pub(crate) fn status(&self, id: ChatId) -> Option<DiffStatus> {
        self.memory.peek(id).unwrap().chat.diff.map(|noted| noted.status)
    }

    pub(crate) fn version(&self, id: ChatId) -> u64 {
        self.memory.peek(id).unwrap().chat.versions.snapshot
    }

    pub(crate) async fn checkout(&self) -> Checkout {
        self.memory.checkout(WORKSPACE).await.unwrap().unwrap()
    }
}

/// A tree on `branch` of ann's fence, of which `origin` has a commit.
pub(crate) fn tree(branch: &str, additions: u64) -> GitState {
    GitState {
        branch: branch.into(),
        remote: "https://me:secret@github.com/ann/fence.git".into(),
        pushed: "a".repeat(40),
        additions,
        deletions: 1,
        changed_files: 1,
        ..GitState::default()
    }
}
