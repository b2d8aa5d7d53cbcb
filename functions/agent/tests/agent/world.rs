//! A workspace, a chat that waits for its agent, and the function.

use agent::App;
use chat::{
    Draft,
    agent::CallToken,
    call::{Answerer, Call, OpenCall},
    id::{ChatId, ConnectionId, UserId, WorkerId, WorkspaceId},
    message::{NewMessage, Role},
    part::{Part, ToolCall},
    port::{
        Agent, BindChats as _, Clock as _, CommitChats as _, KeepListeners as _, Person, PinChats as _,
        ReadWorkspaces as _,
    },
    record::{Chat, Lease, Snapshot},
    transition::{CommitStep, Describe, Next, Transition},
    workspace::{Phase, Pin, Wanted, Workspace},
};
use edge::{Function, Invocation, request::Caller};
use kit::{clock::ManualClock, faults::Faults, memory::Memory, seed, sockets::Sockets, wakes::Wakes};
use serde_json::{Value, json};
use turn::Ports;
use uuid::Uuid;

pub(crate) const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(0x40));
pub(crate) const OTHER: WorkspaceId = WorkspaceId(Uuid::from_u128(0x41));
const WORKER: WorkerId = WorkerId(Uuid::from_u128(0x0e));

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) memory: Memory,
    pub(crate) wakes: Wakes,
    pub(crate) sockets: Sockets,
    pub(crate) faults: Faults,
    function: Function,
}

pub(crate) fn of(workspace_id: WorkspaceId) -> Caller {
    Caller::Agent(Agent { workspace_id, person: seed::person() })
}

/// The agent of somebody else's workspace.
pub(crate) fn anothers() -> Caller {
    let stranger = Person { user_id: UserId(Uuid::from_u128(0x99)), ..seed::person() };
    Caller::Agent(Agent { workspace_id: OTHER, person: stranger })
}

impl World {
    pub(crate) fn new() -> Self {
        let (clock, faults) = (ManualClock::default(), Faults::default());
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
        let function = agent::serve(App { ports, socket_url: "wss://socket.example".into() });
        let world = Self { clock, memory, wakes, sockets, faults, function };
        world.seed(WORKSPACE, Wanted::Running, Phase::Starting);
        world
    }

    pub(crate) fn seed(&self, id: WorkspaceId, wanted: Wanted, phase: Phase) {
        let now = self.clock.now();
        self.memory.seed_workspace(Workspace {
            id,
            person: seed::person(),
            name: "mine".into(),
            template_id: Some("local".into()),
            parameters: std::collections::BTreeMap::new(),
            wanted,
            phase,
            machine: None,
            agent: None,
            failure: None,
            context_digest: None,
            edition: 1,
            last_used_at: now,
            created_at: now,
            updated_at: now,
        });
    }

    pub(crate) async fn workspace(&self) -> Workspace {
        self.memory.workspace(WORKSPACE).await.unwrap().unwrap()
    }

    /// A chat on the workspace that waits for so many calls.
    pub(crate) async fn parked(
        &self,
        answerer: Answerer,
        tool: &str,
        count: usize,
    ) -> (ChatId, Vec<CallToken>) {
        let now = self.clock.now();
        let chat = Chat {
            workspace_id: Some(WORKSPACE),
            created_at: now,
            ..seed::chat(ChatId(self.clock.new_id()))
        };
        let id = chat.id;
        let made = seed::change(Draft::open(None, now), [seed::create(chat, Some(seed::said("go")))]);
        self.memory.commit(&made, None).await.unwrap();
        let asked: Vec<ToolCall> = (0..count)
            .map(|number| ToolCall {
                tool_call_id: format!("call_{number}").as_str().into(),
                tool_name: tool.into(),
                args: json!({ "number": number }),
                provider_executed: false,
            })
            .collect();
        let history_version = made.chat.versions.history;
        let attempt = Transition::RecordAttempt { lease: Lease::from(WORKER, now), history_version };
        self.step(id, |_| attempt.clone()).await;
        let parts = asked.iter().map(|call| Part::ToolCall(call.clone()).into()).collect();
        let message_id = self.snapshot(id).chat.next_message_id;
        self.step(id, |draft| {
            Transition::CommitStep(CommitStep {
                fence: draft.fence(WORKER),
                messages: vec![NewMessage::of(Role::Assistant, parts)],
                opened: asked.iter().map(|call| OpenCall::of(call, answerer)).collect(),
                used: None,
                context_limit: None,
                next: Next::Same,
            })
        })
        .await;
        let deadline = now.plus_ms(600_000);
        let calls: Vec<Call> =
            asked.into_iter().map(|call| Call::waiting(call, answerer, message_id, deadline)).collect();
        let tokens = calls.iter().map(|call| call.token(id)).collect();
        self.step(id, |draft| Transition::Park { fence: draft.fence(WORKER), calls }).await;
        self.memory.bind(WORKSPACE, id, deadline).await.unwrap();
        (id, tokens)
    }

    /// Has a chat keep what the workspace said when its digest was this.
    pub(crate) async fn pin(&self, id: ChatId, digest: Uuid) {
        let pinned_at = self.clock.now();
        self.memory.pin(WORKSPACE, id, pinned_at.plus_ms(60_000)).await.unwrap();
        let pin = Some(Pin { workspace_id: WORKSPACE, digest, pinned_at, dirty_since: None });
        self.step(id, |_| Transition::Describe(Describe { pin, ..Describe::default() })).await;
    }

    pub(crate) async fn step(&self, id: ChatId, transition: impl FnOnce(&Draft) -> Transition) {
        let draft = Draft::open(Some(self.snapshot(id)), self.clock.now());
        let transition = transition(&draft);
        self.memory.commit(&seed::change(draft, [transition]), None).await.unwrap();
    }

    pub(crate) fn snapshot(&self, id: ChatId) -> Snapshot {
        self.memory.peek(id).unwrap()
    }

    /// The results in a chat's history, and how many calls are open.
    pub(crate) fn results(&self, id: ChatId) -> (Vec<Value>, usize) {
        let visible = self.memory.visible(id);
        let results = visible.iter().flat_map(chat::message::Message::results);
        (results.map(|result| result.result.clone()).collect(), self.snapshot(id).chat.calls.len())
    }

    pub(crate) async fn listen(&self, id: ChatId) -> ConnectionId {
        let connection = ConnectionId::from("listener");
        self.memory.listen(id, &connection, self.clock.now().plus_ms(60_000)).await.unwrap();
        connection
    }

    /// Says something on a socket and returns what comes back there.
    pub(crate) async fn say(&self, caller: Caller, connection: &str, said: Value) -> Vec<Value> {
        let event = json!({
            "requestContext": {
                "routeKey": said["action"], "eventType": "MESSAGE", "connectionId": connection,
                "authorizer": caller.context(),
            },
            "body": said.to_string(), "isBase64Encoded": false,
        });
        let reply = self.function.call(event, Invocation::new("request", 0)).await.unwrap();
        assert_eq!(reply["statusCode"], 200);
        let frames = self.sockets.take_frames(&connection.into());
        frames.iter().flat_map(|frame| serde_json::from_str::<Vec<Value>>(frame).unwrap()).collect()
    }

    pub(crate) async fn hello(&self, connection: &str) -> Vec<Value> {
        let hello = json!({
            "action": "hello", "run_id": Uuid::nil(), "version": "1", "os": "linux", "folder": "/w",
        });
        self.say(of(WORKSPACE), connection, hello).await
    }

    /// Asks over HTTP; answers status and body.
    pub(crate) async fn ask(&self, caller: Caller, route: &str, path: &str, body: Value) -> (u64, Value) {
        let (method, pattern) = route.split_once(' ').unwrap();
        let mut event = json!({
            "version": "2.0", "routeKey": route, "rawPath": pattern.replace("{token}", path),
            "rawQueryString": "", "headers": { "host": "api.example" },
            "requestContext": {
                "routeKey": route, "authorizer": { "lambda": caller.context() },
                "http": { "method": method, "path": pattern, "protocol": "HTTP/1.1" },
            },
            "pathParameters": { "token": path }, "isBase64Encoded": false,
        });
        if !body.is_null() {
            event["body"] = body.to_string().into();
        }
        let reply = self.function.call(event, Invocation::new("request", 0)).await.unwrap();
        let body = reply["body"].as_str().unwrap();
        (reply["statusCode"].as_u64().unwrap(), serde_json::from_str(body).unwrap_or_default())
    }
}

pub(crate) fn answer(token: &CallToken, result: &str) -> Value {
    json!({ "token": token, "result": result, "is_error": false })
}

pub(crate) fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}
