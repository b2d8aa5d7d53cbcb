//! A tool server that is known, a chat that waits for it, and the function.

use std::sync::Arc;

use chat::{
    Draft,
    agent::CallToken,
    call::{Answerer, Call, OpenCall},
    catalogue::{Catalogue, Edit},
    id::{ChatId, ServerId, WorkerId},
    mcp::{Auth, Availability, Server, ServerSecret, ServerTools, Transport},
    message::{NewMessage, Role},
    part::{Part, ToolCall, ToolResult},
    port::{
        Clock as _, CommitChats as _, KeepCatalogue as _, KeyOwner, ReadCatalogue as _, SealSecrets as _,
    },
    record::{Lease, Snapshot},
    transition::{CommitStep, Next, Transition},
    wake::{Errand, ServerErrand},
};
use edge::config::BaseUrls;
use kit::{
    clock::ManualClock, faults::Faults, memory::Memory, secrets::Secrets, seed, sockets::Sockets,
    toolserver::ToolServer, wakes::Wakes,
};
use mcp::{App, Web, handle};
use serde_json::{Value, json};
use turn::{Ports, catalogue::Catalogues};
use uuid::Uuid;

pub(crate) const SERVER: ServerId = ServerId(Uuid::from_u128(0x3c));
const WORKER: WorkerId = WorkerId(Uuid::from_u128(0x0e));

type Held = App<Ports<Memory, Memory, Wakes, Sockets, ManualClock>, Secrets>;

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) memory: Memory,
    pub(crate) wakes: Wakes,
    pub(crate) server: ToolServer,
    app: Held,
}

impl World {
    /// A server that is known and was not asked yet.
    pub(crate) async fn new() -> Self {
        Self::allowing(BaseUrls::Any).await
    }

    pub(crate) async fn allowing(base_urls: BaseUrls) -> Self {
        let (clock, faults) = (ManualClock::default(), Faults::default());
        let memory = Memory::new(clock.port());
        let wakes = Wakes::new(clock.port(), faults.clone());
        let ports = Ports {
            chats: memory.clone(),
            directory: memory.clone(),
            wakes: wakes.clone(),
            sockets: Sockets::new(faults),
            clock: clock.clone(),
        };
        let catalogues = Catalogues::new(seed::presets());
        let app = App { ports, keys: Secrets, catalogues, web: Web::new(base_urls, kit::tls::nobody()) };
        let world = Self { clock, memory, wakes, server: ToolServer::start().await.unwrap(), app };
        world.put(world.known(world.server.url(), Transport::StreamableHttp)).await;
        world
    }

    pub(crate) fn known(&self, url: String, transport: Transport) -> Server {
        let server = seed::tool_server(SERVER.0.as_u128(), "kit");
        Server { url, transport, availability: Availability::ForceOn, ..server }
    }

    /// The server is shown this from now on.
    pub(crate) async fn shows(&self, auth: Auth, secret: &ServerSecret) {
        let text = serde_json::to_string(secret).unwrap();
        let sealed = Secrets.seal(KeyOwner::Server(SERVER), &text).await.unwrap();
        let server = self.known(self.server.url(), Transport::StreamableHttp);
        self.put(Server { auth, sealed: Some(sealed), ..server }).await;
    }

    pub(crate) async fn put(&self, server: Server) {
        let stored = self.memory.catalogue().await.unwrap();
        let edited = stored.edit(&Catalogue::default(), Edit::PutServer(Box::new(server))).unwrap();
        self.memory.keep(&edited, None).await.unwrap();
    }

    /// What is known of the server's tools.
    pub(crate) async fn listed(&self) -> Option<Arc<ServerTools>> {
        self.memory.catalogue().await.unwrap().tools.first().cloned()
    }

    pub(crate) async fn refresh(&self) {
        assert!(self.deliver(&Errand::Refresh(SERVER)).await);
    }

    /// Delivers an errand; false: it is to be delivered again.
    pub(crate) async fn deliver(&self, errand: &Errand) -> bool {
        let body = serde_json::to_string(&ServerErrand::new(errand.clone())).unwrap();
        self.deliver_text(&body).await
    }

    pub(crate) async fn deliver_text(&self, body: &str) -> bool {
        let attributes = json!({"ApproximateReceiveCount": "1"});
        let record = json!({"messageId": "m", "body": body, "attributes": attributes});
        let answer = handle(&self.app, json!({"Records": [record]})).await.unwrap();
        answer["batchItemFailures"].as_array().unwrap().is_empty()
    }

    /// A chat that waits for these calls of tools, with their arguments.
    pub(crate) async fn parked(&self, calls: &[(&str, Value)]) -> (ChatId, Vec<CallToken>) {
        let now = self.clock.now();
        let id = ChatId(self.clock.new_id());
        let made =
            seed::change(Draft::open(None, now), [seed::create(seed::chat(id), Some(seed::said("go")))]);
        self.memory.commit(&made, None).await.unwrap();
        let asked: Vec<ToolCall> = calls
            .iter()
            .enumerate()
            .map(|(number, (tool, args))| ToolCall {
                tool_call_id: format!("call_{number}").as_str().into(),
                tool_name: (*tool).into(),
                args: args.clone(),
                provider_executed: false,
            })
            .collect();
        let history_version = made.chat.versions.history;
        let attempt = Transition::RecordAttempt { lease: Lease::from(WORKER, now), history_version };
        self.apply(id, |_| attempt.clone()).await;
        let message_id = self.snapshot(id).chat.next_message_id;
        let parts = asked.iter().map(|call| Part::ToolCall(call.clone()).into()).collect();
        self.apply(id, |draft| {
            Transition::CommitStep(CommitStep {
                fence: draft.fence(WORKER),
                messages: vec![NewMessage::of(Role::Assistant, parts)],
                opened: asked.iter().map(|call| OpenCall::of(call, Answerer::Server)).collect(),
                used: None,
                context_limit: None,
                next: Next::Same,
            })
        })
        .await;
        let deadline = now.plus_ms(240_000);
        let wait = |call: ToolCall| Call::waiting(call, Answerer::Server, message_id, deadline);
        let calls: Vec<Call> = asked.into_iter().map(wait).collect();
        let tokens = calls.iter().map(|call| call.token(id)).collect();
        self.apply(id, |draft| Transition::Park { fence: draft.fence(WORKER), calls }).await;
        (id, tokens)
    }

    /// Has a call made, and returns what it came to.
    pub(crate) async fn called(&self, tool: &str, args: Value) -> ToolResult {
        let (id, tokens) = self.parked(&[(tool, args)]).await;
        assert!(self.deliver(&Errand::Call(tokens[0].clone())).await);
        self.results(id).pop().unwrap()
    }

    pub(crate) fn snapshot(&self, id: ChatId) -> Snapshot {
        self.memory.peek(id).unwrap()
    }

    /// The results in a chat's history.
    pub(crate) fn results(&self, id: ChatId) -> Vec<ToolResult> {
        let visible = self.memory.visible(id);
        visible.iter().flat_map(chat::message::Message::results).cloned().collect()
    }

    pub(crate) async fn apply(&self, id: ChatId, transition: impl FnOnce(&Draft) -> Transition) {
        let draft = Draft::open(Some(self.snapshot(id)), self.clock.now());
        let transition = transition(&draft);
        self.memory.commit(&seed::change(draft, [transition]), None).await.unwrap();
    }
}
