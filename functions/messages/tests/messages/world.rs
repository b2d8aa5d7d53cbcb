//! A chat, somebody who listens to it, and the function.

use chat::{
    Draft,
    call::{Answerer, Call, OpenCall},
    catalogue::Edit,
    compaction::{Compaction, Source},
    id::{CallId, ChatId, ConnectionId, ModelId, WorkerId},
    model::ModelConfig,
    part::{Part, ToolCall},
    port::{Clock as _, CommitChats as _, KeepCatalogue as _, KeepListeners as _, Kept, ReadCatalogue as _},
    record::{Lease, Snapshot},
    transition::{CommitCompaction, CommitStep, Next, Transition},
};
use edge::{Function, Invocation};
use kit::{
    clock::ManualClock,
    faults::{Fault, Faults},
    memory::Memory,
    seed,
    sockets::Sockets,
    wakes::Wakes,
};
use serde_json::{Value, json};
use turn::{Ports, catalogue::Catalogues};
use uuid::Uuid;

pub(crate) const WORKER: WorkerId = WorkerId(Uuid::from_u128(0x0e));

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) memory: Memory,
    pub(crate) wakes: Wakes,
    pub(crate) faults: Faults,
    pub(crate) chat_id: ChatId,
    sockets: Sockets,
    function: Function,
}

/// A request to be told from others: whose, and with which key.
#[derive(Clone, Default)]
pub(crate) struct Ask {
    pub(crate) id: &'static str,
    pub(crate) query: &'static str,
    pub(crate) key: Option<&'static str>,
    pub(crate) user: Option<Uuid>,
    pub(crate) body: Option<Value>,
}

pub(crate) fn saying(text: &str) -> Ask {
    Ask { body: Some(json!({ "content": [{ "type": "text", "text": text }] })), ..Ask::default() }
}

impl World {
    /// A chat in which somebody has said hello and nobody has answered: `R0`.
    pub(crate) async fn new() -> Self {
        let (clock, faults) = (ManualClock::default(), Faults::default());
        let memory = Memory::new(clock.port());
        let created = seed::created(&clock, "hello");
        memory.commit(&created, None).await.unwrap();
        let (wakes, sockets) = (Wakes::new(clock.port(), Faults::default()), Sockets::default());
        memory.listen(created.chat.id, &listener(), clock.now().plus_ms(3_600_000)).await.unwrap();
        let ports = Ports {
            chats: memory.with_faults(faults.clone()),
            directory: memory.clone(),
            wakes: wakes.clone(),
            sockets: sockets.clone(),
            clock: clock.clone(),
        };
        let function = messages::serve(ports, models());
        Self { clock, memory, wakes, faults, chat_id: created.chat.id, sockets, function }
    }

    /// The same chat, answered: `W`.
    pub(crate) async fn at_rest() -> Self {
        let world = Self::new().await;
        world.step(|world| world.answering()).await;
        world.step(|world| vec![Transition::FinishTurn { fence: world.fence() }]).await;
        world
    }

    /// The same chat, waiting for its client to answer two calls: `A0`.
    pub(crate) async fn asking() -> Self {
        let world = Self::new().await;
        world.step(|world| world.calling(&["c1", "c2"])).await;
        world.step(|world| world.parking(&["c1", "c2"])).await;
        world
    }

    pub(crate) async fn step(&self, transitions: impl Fn(&Self) -> Vec<Transition>) {
        let draft = Draft::open(Some(self.snapshot()), self.clock.now());
        self.memory.commit(&seed::change(draft, transitions(self)), None).await.unwrap();
    }

    /// Lets the person and the model speak in turn, so often, the person in few words.
    pub(crate) async fn talk(&self, turns: usize, answer: &str) {
        for _ in 0..turns {
            self.step(|world| vec![seed::send("go on", world.clock.now())]).await;
            let answered =
                |world: &Self| vec![world.attempt(), world.commit_step(seed::answered(answer), Vec::new())];
            self.step(answered).await;
            self.step(|world| vec![Transition::FinishTurn { fence: world.fence() }]).await;
        }
    }

    /// Has somebody say something, and a step replace all before it.
    pub(crate) async fn compacted(&self) {
        self.step(|world| vec![seed::send("look", world.clock.now())]).await;
        self.step(|world| {
            let step = CommitCompaction {
                fence: world.fence_of_attempt(),
                context_tokens: 10,
                compaction: Compaction {
                    call_id: CallId::from("s1"),
                    source: Source::Automatic,
                    threshold_percent: 70,
                    context_tokens: 90,
                    context_limit: 100,
                    model_id: seed::MODEL,
                    usage: None,
                    summary: "they said hello".into(),
                },
                pending: vec![seed::said("look")],
            };
            vec![world.attempt(), Transition::CommitCompaction(step)]
        })
        .await;
    }

    /// Offers another model at the same provider.
    pub(crate) async fn offer(&self, id: ModelId) {
        self.edit(Edit::PutModel(Box::new(ModelConfig { id, ..seed::model() }))).await;
    }

    pub(crate) async fn withdraw(&self, id: ModelId) {
        self.edit(Edit::DeleteModel(id)).await;
    }

    async fn edit(&self, edit: Edit) {
        let stored = self.memory.catalogue().await.unwrap();
        let edited = stored.edit(models().presets(), edit).unwrap();
        assert_eq!(self.memory.keep(&edited, None).await.unwrap(), Kept::Done);
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.memory.peek(self.chat_id).unwrap()
    }

    pub(crate) fn fence(&self) -> chat::transition::Fence {
        Draft::open(Some(self.snapshot()), self.clock.now()).fence(WORKER)
    }

    /// Returns the fence behind an attempt that the same draft begins with.
    fn fence_of_attempt(&self) -> chat::transition::Fence {
        let fence = self.fence();
        chat::transition::Fence { generation_attempt: fence.generation_attempt + 1, ..fence }
    }

    pub(crate) fn attempt(&self) -> Transition {
        let lease = Lease::from(WORKER, self.clock.now());
        Transition::RecordAttempt { lease, history_version: self.snapshot().chat.versions.history }
    }

    pub(crate) fn answering(&self) -> Vec<Transition> {
        let message = seed::answered("hello yourself");
        vec![self.attempt(), self.commit_step(message, Vec::new())]
    }

    pub(crate) fn calling(&self, ids: &[&str]) -> Vec<Transition> {
        let calls = ids.iter().map(|id| Part::ToolCall(call(id)).into()).collect();
        let message = chat::message::NewMessage::of(chat::message::Role::Assistant, calls);
        let opened = ids.iter().map(|id| OpenCall::of(&call(id), Answerer::Client));
        vec![self.attempt(), self.commit_step(message, opened.collect())]
    }

    fn parking(&self, ids: &[&str]) -> Vec<Transition> {
        let message_id = self.snapshot().chat.spans.last().unwrap();
        let deadline_at = self.clock.now().plus_ms(chat::limit::CLIENT_CALL_MS);
        let waiting = |id: &&str| Call::waiting(call(id), Answerer::Client, message_id, deadline_at);
        let calls = ids.iter().map(waiting);
        vec![Transition::Park { fence: self.fence(), calls: calls.collect() }]
    }

    fn commit_step(&self, message: chat::message::NewMessage, opened: Vec<OpenCall>) -> Transition {
        let fence = self.fence_of_attempt();
        let (used, context_limit) = (None, None);
        Transition::CommitStep(CommitStep {
            fence,
            messages: vec![message],
            opened,
            used,
            context_limit,
            next: Next::Same,
        })
    }

    /// Sends a request and returns the reply, its body read.
    pub(crate) async fn ask(&self, route: &str, ask: Ask) -> Value {
        let invocation = Invocation::new("request", 0);
        let mut reply = self.function.call(self.event(route, &ask), invocation).await.unwrap();
        let body = reply["body"].as_str().unwrap();
        reply["body"] = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
        reply
    }

    /// Sends a request and returns the status and the code of a refusal, such as `409 chat_busy`.
    pub(crate) async fn told(&self, route: &str, ask: Ask) -> String {
        let reply = self.ask(route, ask).await;
        format!("{} {}", reply["statusCode"], reply["body"]["code"].as_str().unwrap_or("done"))
    }

    /// Returns what the listener was told since last asked, by type and version.
    pub(crate) fn heard(&self) -> Vec<String> {
        let frames = self.sockets.take_frames(&listener());
        let events = frames.iter().flat_map(|frame| kit::sockets::events_of(frame));
        events.map(|event| serde_json::to_value(event).unwrap()).map(|event| name(&event)).collect()
    }

    fn event(&self, route: &str, ask: &Ask) -> Value {
        let (method, pattern) = route.split_once(' ').unwrap();
        let path = pattern.replace("{chat}", &self.chat_id.to_string()).replace("{id}", ask.id);
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
            "pathParameters": { "chat": self.chat_id, "id": ask.id },
            "isBase64Encoded": false,
        });
        if let Some(body) = &ask.body {
            event["body"] = body.as_str().map_or_else(|| body.to_string(), str::to_owned).into();
        }
        if let Some(key) = ask.key {
            event["headers"]["idempotency-key"] = key.into();
        }
        event
    }

    /// Every call of the store fails from now on.
    pub(crate) fn break_store(&self) {
        self.faults.set(|_, _| Fault::FailBefore);
    }
}

pub(crate) fn models() -> Catalogues {
    let model =
        |id: u128| chat::model::ModelConfig { id: chat::id::ModelId(Uuid::from_u128(id)), ..seed::model() };
    let servers = vec![seed::tool_server(0x3c, "wiki").into()];
    let offered = edge::models::catalogue(vec![model(0x0c), model(0x1c)]);
    Catalogues::new(chat::catalogue::Catalogue { servers, ..offered })
}

fn call(id: &str) -> ToolCall {
    ToolCall {
        tool_call_id: CallId::from(id),
        tool_name: "look".into(),
        args: json!({ "at": id }),
        provider_executed: false,
    }
}

fn listener() -> ConnectionId {
    ConnectionId::from("listener")
}

fn name(event: &Value) -> String {
    let of = |field: &str| event[field].as_str().map(|text| format!(" {text}")).unwrap_or_default();
    let more = if event["more"] == true { " …" } else { "" };
    format!("{} {}{}{more}", event["snapshot_version"], event["type"].as_str().unwrap(), of("status"))
}
