//! An empty store, somebody who watches, and the function.

use chat::{
    Draft,
    catalogue::Edit,
    id::{ChatId, ConnectionId, ModelId, WorkspaceId},
    port::{
        Clock as _, CommitChats as _, KeepCatalogue as _, KeepSockets as _, Kept, Person, ReadCatalogue as _,
    },
    record::Snapshot,
    transition::Transition,
    workspace::{Wanted, Workspace},
};
use chats::App;
use edge::{Function, Invocation};
use kit::{
    clock::{EPOCH, ManualClock},
    faults::{Fault, Faults},
    memory::Memory,
    seed,
    sockets::Sockets,
    wakes::Wakes,
};
use serde_json::{Value, json};
use turn::{Ports, catalogue::Catalogues};
use uuid::Uuid;

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) memory: Memory,
    pub(crate) wakes: Wakes,
    faults: Faults,
    sockets: Sockets,
    function: Function,
}

#[derive(Clone, Default)]
pub(crate) struct Ask {
    pub(crate) chat: String,
    pub(crate) query: String,
    pub(crate) key: Option<&'static str>,
    pub(crate) user: Option<Uuid>,
    pub(crate) body: Option<Value>,
}

pub(crate) fn body(body: Value) -> Ask {
    Ask { body: Some(body), ..Ask::default() }
}

pub(crate) fn of(chat: &str) -> Ask {
    Ask { chat: chat.to_owned(), ..Ask::default() }
}

impl World {
    pub(crate) async fn new() -> Self {
        let (clock, faults) = (ManualClock::default(), Faults::default());
        let memory = Memory::new(clock.port());
        let (wakes, sockets) = (Wakes::new(clock.port(), Faults::default()), Sockets::default());
        let expires_at = clock.now().plus_ms(3_600_000);
        memory.seed_workspace(workspace(seed::person(), Wanted::Running));
        memory.watch(seed::person().user_id, &watcher(), expires_at).await.unwrap();
        let store = memory.with_faults(faults.clone());
        let ports = Ports {
            chats: store.clone(),
            directory: memory.clone(),
            wakes: wakes.clone(),
            sockets: sockets.clone(),
            clock: clock.clone(),
        };
        let app = App { ports, lists: store.clone(), tickets: store, catalogues: models() };
        Self { clock, memory, wakes, faults, sockets, function: chats::serve(app) }
    }

    /// Makes a chat, answered and at rest, and returns its id.
    pub(crate) async fn chat(&self, text: &str) -> String {
        let created = seed::created(&self.clock, text);
        self.memory.commit(&created, None).await.unwrap();
        let id = created.chat.id.to_string();
        self.answer(&id, seed::answered("yes")).await;
        let fence = Draft::open(Some(self.snapshot(&id)), self.clock.now()).fence(WORKER);
        self.step(&id, vec![Transition::FinishTurn { fence }]).await;
        self.clock.advance_ms(1_000);
        id
    }

    /// Makes children of a chat, as its model would have them, at rest; returns them oldest first.
    pub(crate) async fn children(&self, parent: &str, titles: &[&str]) -> Vec<String> {
        let asked = chat::part::ToolCall {
            tool_call_id: "s".into(),
            tool_name: chat::tool::SPAWN_AGENT.into(),
            args: json!({}),
            provider_executed: false,
        };
        self.step(parent, vec![seed::send("have it done", self.clock.now())]).await;
        let content = vec![chat::part::Part::ToolCall(asked).into()];
        self.answer(parent, chat::message::NewMessage::of(chat::message::Role::Assistant, content)).await;
        let fence = Draft::open(Some(self.snapshot(parent)), self.clock.now()).fence(WORKER);
        self.step(parent, vec![Transition::FinishTurn { fence }]).await;
        let mut made = Vec::new();
        for title in titles {
            self.clock.advance_ms(1_000);
            let (now, id) = (self.clock.now(), ChatId(self.clock.new_id()));
            let seed = chat::record::Chat {
                title: (*title).to_owned(),
                parent_chat_id: Some(chat_id(parent)),
                root_chat_id: Some(chat_id(parent)),
                created_at: now,
                ..seed::chat(id)
            };
            let change = seed::change(Draft::open(None, now), [seed::create(seed, None)]);
            self.memory.commit(&change, None).await.unwrap();
            made.push(id.to_string());
        }
        made
    }

    /// Lets something happen to the calls of the store from now on.
    pub(crate) fn fault(&self, plan: impl Fn(usize, &'static str) -> Fault + Send + Sync + 'static) {
        self.faults.set(plan);
    }

    /// Lets a step begin and write a message.
    pub(crate) async fn answer(&self, id: &str, message: chat::message::NewMessage) {
        self.answer_by(id, message, chat::call::Answerer::Client).await;
    }

    /// Lets a step begin and write a message whose calls somebody answers.
    pub(crate) async fn answer_by(
        &self,
        id: &str,
        message: chat::message::NewMessage,
        answerer: chat::call::Answerer,
    ) {
        let now = self.clock.now();
        let draft = Draft::open(Some(self.snapshot(id)), now);
        let lease = chat::record::Lease::from(WORKER, now);
        let history_version = self.snapshot(id).chat.versions.history;
        let draft = draft.apply(Transition::RecordAttempt { lease, history_version }).unwrap();
        let opened = message.clone().placed(chat::id::MessageId(1), now, 1);
        let step = chat::transition::CommitStep {
            fence: draft.fence(WORKER),
            opened: opened.calls().map(|call| chat::call::OpenCall::of(call, answerer)).collect(),
            messages: vec![message],
            used: None,
            context_limit: None,
            next: chat::transition::Next::Same,
        };
        let change = seed::change(draft, [Transition::CommitStep(step)]);
        self.memory.commit(&change, None).await.unwrap();
    }

    pub(crate) async fn step(&self, id: &str, transitions: Vec<Transition>) {
        let draft = Draft::open(Some(self.snapshot(id)), self.clock.now());
        self.memory.commit(&seed::change(draft, transitions), None).await.unwrap();
    }

    pub(crate) fn snapshot(&self, id: &str) -> Snapshot {
        self.memory.peek(chat_id(id)).unwrap()
    }

    pub(crate) async fn ask(&self, route: &str, ask: Ask) -> Value {
        let invocation = Invocation::new("request", 0);
        let mut reply = self.function.call(event(route, &ask), invocation).await.unwrap();
        let body = reply["body"].as_str().unwrap();
        reply["body"] = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
        reply
    }

    pub(crate) async fn told(&self, route: &str, ask: Ask) -> String {
        let reply = self.ask(route, ask).await;
        format!("{} {}", reply["statusCode"], reply["body"]["code"].as_str().unwrap_or("done"))
    }

    /// Returns the types of what the watcher was told since last asked.
    pub(crate) fn watched(&self) -> Vec<String> {
        let frames = self.sockets.take_frames(&watcher());
        let events = frames.iter().flat_map(|frame| serde_json::from_str::<Vec<Value>>(frame).unwrap());
        events.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn break_store(&self) {
        self.faults.set(|_, _| Fault::FailBefore);
    }

    /// Offers another model at the same provider.
    pub(crate) async fn offer(&self) -> ModelId {
        let id = ModelId(Uuid::from_u128(0x2c));
        self.edit(Edit::PutModel(Box::new(chat::model::ModelConfig { id, ..seed::model() }))).await;
        id
    }

    pub(crate) async fn withdraw(&self, id: ModelId) {
        self.edit(Edit::DeleteModel(id)).await;
    }

    async fn edit(&self, edit: Edit) {
        let stored = self.memory.catalogue().await.unwrap();
        let edited = stored.edit(models().presets(), edit).unwrap();
        assert_eq!(self.memory.keep(&edited, None).await.unwrap(), Kept::Done);
    }

    /// Every commit takes effect from now on, and its answer is lost.
    pub(crate) fn lose_answers_of_commits(&self) {
        self.faults.set(|_, call| if call == "commit" { Fault::FailAfter } else { Fault::Pass });
    }

    pub(crate) fn calls(&self) -> Vec<&'static str> {
        self.faults.calls()
    }
}

pub(crate) const WORKER: chat::id::WorkerId = chat::id::WorkerId(Uuid::from_u128(0x0e));

pub(crate) fn chat_id(id: &str) -> ChatId {
    id.parse().unwrap()
}

pub(crate) fn models() -> Catalogues {
    let model = |id: u128| chat::model::ModelConfig { id: ModelId(Uuid::from_u128(id)), ..seed::model() };
    let servers = vec![seed::tool_server(0x3c, "wiki").into()];
    let offered = edge::models::catalogue(vec![model(0x0c), model(0x1c)]);
    Catalogues::new(chat::catalogue::Catalogue { servers, ..offered })
}

/// The workspace that chats are given here, or one like it.
pub(crate) fn workspace(person: Person, wanted: Wanted) -> Workspace {
    Workspace { wanted, ..Workspace::begun(WorkspaceId(Uuid::from_u128(0x2c)), person, "box".into(), EPOCH) }
}

fn watcher() -> ConnectionId {
    ConnectionId::from("watcher")
}

fn event(route: &str, ask: &Ask) -> Value {
    let (method, pattern) = route.split_once(' ').unwrap();
    let path = pattern.replace("{chat}", &ask.chat);
    let user = ask.user.unwrap_or(seed::person().user_id.0);
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": ask.query,
        "headers": { "content-type": "application/json", "host": "api.example" },
        "requestContext": {
            "accountId": "1", "apiId": "api", "stage": "$default", "requestId": "r", "routeKey": route,
            "authorizer": { "lambda": { "user_id": user, "org_id": seed::person().org_id } },
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
        },
        "isBase64Encoded": false,
    });
    if !ask.chat.is_empty() {
        event["pathParameters"] = json!({ "chat": ask.chat });
    }
    if user.is_nil() {
        event["requestContext"]["authorizer"] = json!({ "lambda": { "user_id": "", "org_id": "" } });
    }
    if let Some(body) = &ask.body {
        event["body"] = body.as_str().map_or_else(|| body.to_string(), str::to_owned).into();
    }
    if let Some(key) = ask.key {
        event["headers"]["idempotency-key"] = key.into();
    }
    event
}
