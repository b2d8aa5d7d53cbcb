//! A store with chats of several people, and the function.

use chat::{
    Draft,
    call::{Answerer, Call, OpenCall},
    cursor::Episode,
    failure::{Kind, Retry},
    id::{CallId, ChatId, ConnectionId, MessageId, UserId, WorkerId},
    message::{NewMessage, Role},
    part::{Delta, Part, ToolCall},
    port::{Clock as _, CommitChats as _, Flush, KeepListeners as _, LogParts as _},
    record::{Lease, Snapshot},
    transition::{Attempt, CommitStep, Fence, Next, Transition, WhenBusy},
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
use runs::App;
use serde_json::{Value, json};
use turn::Ports;
use uuid::Uuid;

pub(crate) const LIST: &str = "GET /v1/runs";
pub(crate) const KILL: &str = "POST /v1/runs/{chat}/kill";
/// Who asks: nobody whose chats there are.
const ADMIN: Uuid = Uuid::from_u128(0xad);
const WORKER: WorkerId = WorkerId(Uuid::from_u128(0x0e));

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) memory: Memory,
    pub(crate) wakes: Wakes,
    faults: Faults,
    sockets: Sockets,
    function: Function,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Admin,
    Member,
    Stranger,
}

impl World {
    pub(crate) fn new() -> Self {
        let (clock, faults) = (ManualClock::default(), Faults::default());
        let memory = Memory::new(clock.port());
        let (wakes, sockets) = (Wakes::new(clock.port(), Faults::default()), Sockets::default());
        let store = memory.with_faults(faults.clone());
        let ports = Ports {
            chats: store.clone(),
            directory: memory.clone(),
            wakes: wakes.clone(),
            sockets: sockets.clone(),
            clock: clock.clone(),
        };
        let function = runs::serve(App { ports, live: store });
        Self { clock, memory, wakes, faults, sockets, function }
    }

    /// Makes a chat in which a person has said something, a second after the last.
    pub(crate) async fn said(&self, text: &str) -> ChatId {
        self.clock.advance_ms(1_000);
        let mut created = seed::created(&self.clock, text);
        created.chat.owner_id = UserId(Uuid::from_u128(0x99));
        self.memory.commit(&created, None).await.unwrap();
        self.listen(created.chat.id).await;
        created.chat.id
    }

    async fn listen(&self, id: ChatId) {
        let until = self.clock.now().plus_ms(3_600_000);
        self.memory.listen(id, &ConnectionId::from("owner"), until).await.unwrap();
    }

    /// Makes a child that was told something.
    pub(crate) async fn child(&self, parent: ChatId, text: &str) -> ChatId {
        let mut created = seed::created(&self.clock, text);
        created.chat.parent_chat_id = Some(parent);
        self.memory.commit(&created, None).await.unwrap();
        created.chat.id
    }

    /// Makes a chat whose step asks the model.
    pub(crate) async fn asked(&self, text: &str) -> ChatId {
        let id = self.said(text).await;
        self.begin(id).await;
        id
    }

    /// Has a step ask the model.
    pub(crate) async fn begin(&self, id: ChatId) {
        let lease = Lease::from(WORKER, self.clock.now());
        let history_version = self.snapshot(id).chat.versions.history;
        self.apply(id, Transition::RecordAttempt { lease, history_version }).await;
    }

    /// Lets the step write a part of its answer.
    pub(crate) async fn writes(&self, id: ChatId, text: &str) {
        let versions = self.snapshot(id).chat.versions;
        let episode =
            Episode { history_version: versions.history, generation_attempt: versions.generation_attempt };
        let parts = vec![Delta::Text { text: text.to_owned() }];
        let expires_at = self.clock.now().plus_ms(60_000);
        self.memory.log(&Flush { chat_id: id, episode, first_seq: 1, parts, expires_at }).await.unwrap();
    }

    /// Makes a chat that waits for `answerer`.
    pub(crate) async fn parked(&self, text: &str, answerer: Answerer) -> ChatId {
        let id = self.asked(text).await;
        let call = ToolCall {
            tool_call_id: CallId::from("c1"),
            tool_name: "look".into(),
            args: json!({}),
            provider_executed: false,
        };
        let open = OpenCall::of(&call, answerer);
        let step = CommitStep {
            fence: self.fence(id),
            messages: vec![NewMessage::of(Role::Assistant, vec![Part::ToolCall(call.clone()).into()])],
            opened: vec![open],
            used: None,
            context_limit: None,
            next: Next::Same,
        };
        self.apply(id, Transition::CommitStep(step)).await;
        let deadline_at = self.clock.now().plus_ms(300_000);
        let call = Call::waiting(call, answerer, MessageId(2), deadline_at);
        self.apply(id, Transition::Park { fence: self.fence(id), calls: vec![call] }).await;
        id
    }

    /// Makes a chat whose model was busy.
    pub(crate) async fn retrying(&self, text: &str) -> ChatId {
        let id = self.asked(text).await;
        let retry = Retry {
            attempt: 1,
            delay_ms: 4_000,
            error: "it is busy".into(),
            kind: Kind::Overloaded,
            provider: None,
            status_code: Some(529),
            retrying_at: self.clock.now().plus_ms(4_000),
        };
        let (fence, after) = (self.fence(id), Attempt::Failed);
        self.apply(id, Transition::RecordRetry { fence, retry, after }).await;
        id
    }

    /// Makes a chat that has been answered.
    pub(crate) async fn at_rest(&self, text: &str) -> ChatId {
        let id = self.said(text).await;
        self.rests(id).await;
        id
    }

    /// Has a chat answered.
    pub(crate) async fn rests(&self, id: ChatId) {
        self.begin(id).await;
        let step = CommitStep {
            fence: self.fence(id),
            messages: vec![seed::answered("yes")],
            opened: Vec::new(),
            used: None,
            context_limit: None,
            next: Next::Same,
        };
        self.apply(id, Transition::CommitStep(step)).await;
        self.apply(id, Transition::FinishTurn { fence: self.fence(id) }).await;
    }

    pub(crate) async fn queued(&self, id: ChatId, text: &str) {
        let message = seed::queued(text, self.clock.now());
        self.apply(id, Transition::Send { message, when_busy: WhenBusy::Queue }).await;
    }

    pub(crate) fn fence(&self, id: ChatId) -> Fence {
        Draft::open(Some(self.snapshot(id)), self.clock.now()).fence(WORKER)
    }

    pub(crate) async fn apply(&self, id: ChatId, transition: Transition) {
        let draft = Draft::open(Some(self.snapshot(id)), self.clock.now());
        self.memory.commit(&seed::change(draft, [transition]), None).await.unwrap();
    }

    pub(crate) fn snapshot(&self, id: ChatId) -> Snapshot {
        self.memory.peek(id).unwrap()
    }

    /// Returns the texts of the visible history.
    pub(crate) fn history(&self, id: ChatId) -> Vec<String> {
        let messages = self.memory.visible(id);
        let parts = messages.iter().flat_map(|message| &message.content);
        let parts = parts.map(|stored| serde_json::to_value(&stored.part).unwrap());
        parts.map(|part| part["text"].as_str().or(part["type"].as_str()).unwrap().to_owned()).collect()
    }

    pub(crate) async fn list(&self, query: &str) -> Value {
        self.ask(Who::Admin, LIST, "", query, None).await["body"].take()
    }

    pub(crate) async fn kill(&self, id: ChatId, body: Option<Value>) -> Value {
        self.ask(Who::Admin, KILL, &id.to_string(), "", body).await
    }

    /// Kills with an idempotency key.
    pub(crate) async fn kill_once(&self, id: ChatId, key: &str, body: Option<Value>) -> Value {
        let mut event = event(Who::Admin, KILL, &id.to_string(), "", body);
        event["headers"]["idempotency-key"] = key.into();
        self.call(event).await
    }

    pub(crate) async fn ask(
        &self,
        who: Who,
        route: &str,
        chat: &str,
        query: &str,
        body: Option<Value>,
    ) -> Value {
        self.call(event(who, route, chat, query, body)).await
    }

    async fn call(&self, event: Value) -> Value {
        let invocation = Invocation::new("request", 0);
        let mut reply = self.function.call(event, invocation).await.unwrap();
        reply["body"] = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
        reply
    }

    /// Returns the types of what the owner was told since last asked.
    pub(crate) fn told(&self) -> Vec<String> {
        let frames = self.sockets.take_frames(&ConnectionId::from("owner"));
        let events = frames.iter().flat_map(|frame| serde_json::from_str::<Vec<Value>>(frame).unwrap());
        events.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn break_store(&self) {
        self.faults.set(|_, _| Fault::FailBefore);
    }
}

fn event(who: Who, route: &str, chat: &str, query: &str, body: Option<Value>) -> Value {
    let (method, pattern) = route.split_once(' ').unwrap();
    let path = pattern.replace("{chat}", chat);
    let org_id = seed::person().org_id;
    let caller = match who {
        Who::Admin => json!({ "user_id": ADMIN, "org_id": org_id, "role": "admin" }),
        Who::Member => json!({ "user_id": Uuid::from_u128(0x99), "org_id": org_id }),
        Who::Stranger => json!({ "user_id": "", "org_id": "" }),
    };
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": query,
        "headers": { "content-type": "application/json", "host": "api.example" },
        "requestContext": {
            "accountId": "1", "apiId": "api", "stage": "$default", "requestId": "r", "routeKey": route,
            "authorizer": { "lambda": caller },
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
        },
        "isBase64Encoded": false,
    });
    if !chat.is_empty() {
        event["pathParameters"] = json!({ "chat": chat });
    }
    if let Some(body) = body {
        event["body"] = body.to_string().into();
    }
    event
}
