//! A chat, somebody on a socket, and the function.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
    task::Poll,
};

use chat::{
    Draft,
    cursor::Cursor,
    id::{ChatId, ConnectionId, OrgId, UserId, WorkerId},
    part::Delta,
    port::{Clock as _, CommitChats as _, Flush, LogParts as _, Observe as _, Person, ReadWatchers as _},
    record::{Lease, Snapshot},
    transition::{CommitStep, Fence, Next, Transition},
};
use edge::request::Caller;
use kit::{
    clock::ManualClock,
    faults::{Fault, Faults},
    memory::Memory,
    seed,
    sockets::Sockets,
};
use serde_json::{Value, json};
use turn::Ports;
use uuid::Uuid;

const WORKER: WorkerId = WorkerId(Uuid::from_u128(0x0e));

/// A world whose calls by the function are numbered and may fail; the test's own may not.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) memory: Memory,
    pub(crate) sockets: Sockets,
    pub(crate) faults: Faults,
    pub(crate) chat_id: ChatId,
    pub(crate) ports: Ports<Memory, Memory, (), Sockets, ManualClock>,
}

impl World {
    /// A chat in which somebody has said hello and nobody has answered.
    pub(crate) async fn new() -> Self {
        let (clock, faults) = (ManualClock::default(), Faults::default());
        let memory = Memory::new(clock.port());
        let created = seed::created(&clock, "hello");
        memory.commit(&created, None).await.unwrap();
        let sockets = Sockets::new(faults.clone());
        let faulty = memory.with_faults(faults.clone());
        let ports = Ports {
            chats: faulty.clone(),
            directory: faulty,
            wakes: (),
            sockets: sockets.clone(),
            clock: clock.clone(),
        };
        Self { clock, memory, sockets, faults, chat_id: created.chat.id, ports }
    }

    /// The same chat, answered, and at rest.
    pub(crate) async fn at_rest() -> Self {
        let world = Self::new().await;
        world.answer("hello yourself").await;
        world
    }

    /// The same chat, with more said in it: so often, in this many bytes each time.
    pub(crate) async fn after(turns: usize, bytes: usize) -> Self {
        let world = Self::at_rest().await;
        for _ in 0..turns {
            world.step(vec![seed::send("go on", world.clock.now())]).await;
            world.answer(&"x".repeat(bytes)).await;
        }
        world
    }

    /// The same chat, with two parts of its answer streamed.
    pub(crate) async fn streaming() -> Self {
        let world = Self::new().await;
        world.step(vec![world.attempt()]).await;
        world.memory.log(&world.flush(1, &["hello ", "your"])).await.unwrap();
        world
    }

    async fn answer(&self, text: &str) {
        self.step(vec![self.attempt(), self.commit_step(seed::answered(text))]).await;
        self.step(vec![Transition::FinishTurn { fence: self.fence() }]).await;
    }

    pub(crate) async fn step(&self, transitions: Vec<Transition>) {
        let draft = Draft::open(Some(self.snapshot()), self.clock.now());
        self.memory.commit(&seed::change(draft, transitions), None).await.unwrap();
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.memory.peek(self.chat_id).unwrap()
    }

    pub(crate) fn cursor(&self) -> Cursor {
        let chat = self.snapshot().chat;
        let episode = chat.last_episode();
        Cursor {
            snapshot_version: chat.versions.snapshot,
            history_version: episode.history_version,
            generation_attempt: episode.generation_attempt,
            seq: 0,
        }
    }

    pub(crate) fn flush(&self, first_seq: u64, words: &[&str]) -> Flush {
        Flush {
            chat_id: self.chat_id,
            episode: self.snapshot().chat.last_episode(),
            first_seq,
            parts: words.iter().map(|word| Delta::Text { text: (*word).to_owned() }).collect(),
            expires_at: self.clock.now().plus_ms(chat::limit::PARTS_MS),
        }
    }

    fn attempt(&self) -> Transition {
        let lease = Lease::from(WORKER, self.clock.now());
        Transition::RecordAttempt { lease, history_version: self.snapshot().chat.versions.history }
    }

    fn fence(&self) -> Fence {
        Draft::open(Some(self.snapshot()), self.clock.now()).fence(WORKER)
    }

    fn commit_step(&self, message: chat::message::NewMessage) -> Transition {
        // The attempt of the same draft comes first.
        let fence = self.fence();
        let fence = Fence { generation_attempt: fence.generation_attempt + 1, ..fence };
        Transition::CommitStep(CommitStep {
            fence,
            messages: vec![message],
            opened: Vec::new(),
            used: None,
            context_limit: None,
            next: Next::Same,
        })
    }

    /// Says something on the socket and returns the frames that come back.
    pub(crate) async fn say(&self, said: Value) -> Vec<Value> {
        self.say_as(Caller::Known(seed::person()), &said.to_string()).await
    }

    pub(crate) async fn say_as(&self, caller: Caller, text: &str) -> Vec<Value> {
        assert_eq!(self.send(message(caller, text)).await, json!({ "statusCode": 200 }));
        self.heard()
    }

    pub(crate) async fn send(&self, event: Value) -> Value {
        socket::handle(&self.ports, event, self.clock.now().plus_ms(29_000)).await.unwrap()
    }

    pub(crate) async fn subscribe(&self) -> Vec<Value> {
        self.say(json!({ "action": "subscribe", "chat_id": self.chat_id })).await
    }

    /// Returns the frames that the socket was told since last asked.
    pub(crate) fn heard(&self) -> Vec<Value> {
        let frames = self.sockets.take_frames(&socket());
        frames.iter().map(|frame| serde_json::from_str(frame).unwrap()).collect()
    }

    pub(crate) async fn listeners(&self) -> Vec<ConnectionId> {
        self.memory.observe(self.chat_id).await.unwrap().unwrap().listeners
    }

    pub(crate) async fn watchers(&self) -> Vec<ConnectionId> {
        self.memory.watchers(seed::person().user_id).await.unwrap()
    }

    /// Does something at the n-th call of a name, from 0, and has it go well or not.
    pub(crate) fn at_call(
        &self,
        name: &'static str,
        nth: usize,
        then: impl Fn() -> Fault + Send + Sync + 'static,
    ) {
        let seen = AtomicUsize::new(0);
        self.faults.set(move |_, call| {
            let is_it = call == name && seen.fetch_add(1, Ordering::SeqCst) == nth;
            if is_it { then() } else { Fault::Pass }
        });
    }

    /// Lets the first call of a name fail.
    pub(crate) fn fail(&self, name: &'static str) {
        self.at_call(name, 0, || Fault::FailBefore);
    }
}

/// Lets something get as far as it gets by itself: with the fakes, through one call.
pub(crate) async fn once<T>(mut work: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    let polled = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
    match polled {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

/// Returns the types of the events in frames.
pub(crate) fn types(frames: &[Value]) -> Vec<String> {
    let events = frames.iter().flat_map(|frame| frame.as_array().unwrap());
    events.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn socket() -> ConnectionId {
    ConnectionId::from("L0SM9cOFvHcCIhw=")
}

pub(crate) fn somebody_else() -> Caller {
    let id = Uuid::from_u128;
    Caller::Known(Person { user_id: UserId(id(0x1a)), org_id: OrgId(id(0x0b)) })
}

pub(crate) fn message(caller: Caller, text: &str) -> Value {
    json!({
        "requestContext": context("$default", "MESSAGE", caller),
        "body": text,
        "isBase64Encoded": false,
    })
}

pub(crate) fn connect(caller: Caller) -> Value {
    json!({
        "headers": { "Host": "api.example", "Sec-WebSocket-Version": "13" },
        "multiValueHeaders": { "Host": ["api.example"], "Sec-WebSocket-Version": ["13"] },
        "requestContext": context("$connect", "CONNECT", caller),
        "isBase64Encoded": false,
    })
}

pub(crate) fn disconnect(caller: Caller) -> Value {
    let mut context = context("$disconnect", "DISCONNECT", caller);
    context["disconnectStatusCode"] = 1_001.into();
    context["disconnectReason"] = "going away".into();
    json!({
        "headers": { "Host": "api.example" },
        "multiValueHeaders": { "Host": ["api.example"] },
        "requestContext": context,
        "isBase64Encoded": false,
    })
}

fn context(route: &str, kind: &str, caller: Caller) -> Value {
    let mut authorizer = caller.context();
    authorizer["principalId"] = "somebody".into();
    authorizer["integrationLatency"] = 12.into();
    json!({
        "routeKey": route,
        "eventType": kind,
        "authorizer": authorizer,
        "extendedRequestId": "r",
        "requestTime": "01/Jan/2026:00:00:00 +0000",
        "messageDirection": "IN",
        "stage": "socket",
        "connectedAt": 1_767_225_600_000_u64,
        "requestTimeEpoch": 1_767_225_600_000_u64,
        "identity": { "sourceIp": "127.0.0.1" },
        "requestId": "r",
        "domainName": "api.example",
        "connectionId": socket(),
        "apiId": "api",
    })
}
