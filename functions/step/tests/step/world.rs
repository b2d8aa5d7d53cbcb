//! A chat that has something to answer, a model with answers, and the function.

use bus::Delivery;
use chat::{
    id::ChatId,
    part::Part,
    port::{Clock as _, CommitChats as _, Unavailable},
};
use edge::{FunctionError, Invocation};
use kit::{
    clock::ManualClock,
    faults::Faults,
    memory::Memory,
    model::{Script, Scripted},
    seed,
    sockets::Sockets,
    wakes::Wakes,
};
use serde_json::{Value, json};
use step::Queue;
use turn::{Ports, Worker, catalogue::Catalogues, recent::Recent};

pub(crate) struct World {
    pub(crate) chat_id: ChatId,
    pub(crate) wakes: Wakes,
    pub(crate) faults: Faults,
    clock: ManualClock,
    memory: Memory,
    worker: Worker<Ports<Memory, Memory, Wakes, Sockets, ManualClock>, Scripted>,
}

/// The queue whose name the events carry.
struct OneQueue(Wakes);

impl Queue for OneQueue {
    type Hold = Wakes;

    fn hold(&self, delivery: &Delivery) -> Result<Wakes, Unavailable> {
        let strange = || Unavailable { dependency: "the wake queue", reason: "another queue".into() };
        if delivery.queue == "wake-0" { Ok(self.0.clone()) } else { Err(strange()) }
    }
}

impl World {
    /// A chat in which somebody has said hello.
    pub(crate) async fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        let (clock, faults) = (ManualClock::following_tokio(), Faults::default());
        let memory = Memory::new(clock.port());
        let created = seed::created(&clock, "hello");
        memory.commit(&created, None).await.unwrap();
        let wakes = Wakes::new(clock.port(), faults.clone());
        let faulty = memory.with_faults(faults.clone());
        let ports = Ports {
            chats: faulty.clone(),
            directory: faulty,
            wakes: wakes.clone(),
            sockets: Sockets::new(faults.clone()),
            clock: clock.clone(),
        };
        let model = Scripted::new(scripts);
        let worker = Worker {
            ports,
            model,
            catalogues: Catalogues::new(seed::presets()),
            tools: std::sync::Arc::new(tools::Tools::of(&[])),
            templates: Vec::new(),
            recent: Recent::default(),
        };
        Self { chat_id: created.chat.id, wakes, faults, clock, memory, worker }
    }

    pub(crate) async fn deliver(&self, event: Value) -> Value {
        self.call(event).await.unwrap()
    }

    pub(crate) async fn call(&self, event: Value) -> Result<Value, FunctionError> {
        let deadline_ms = self.clock.now().plus_ms(900_000).0;
        let invocation = Invocation::new("request", deadline_ms);
        step::handle(&self.worker, &OneQueue(self.wakes.clone()), event, invocation).await
    }

    /// Returns the texts of the history.
    pub(crate) fn said(&self) -> Vec<String> {
        let parts = self.memory.visible(self.chat_id).into_iter().flat_map(|message| message.content);
        let texts =
            parts.filter_map(|stored| if let Part::Text { text } = stored.part { Some(text) } else { None });
        texts.collect()
    }
}

pub(crate) fn body(chat_id: ChatId, version: u8) -> String {
    json!({ "v": version, "chat_id": chat_id, "reason": "message" }).to_string()
}

pub(crate) fn event(records: &[Value]) -> Value {
    json!({ "Records": records })
}

/// A message as the event source hands it over.
pub(crate) fn record(id: &str, body: &str) -> Value {
    json!({
        "messageId": id,
        "receiptHandle": format!("receipt-of-{id}"),
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1767225600000",
            "SenderId": "AIDAEXAMPLE",
            "ApproximateFirstReceiveTimestamp": "1767225600001",
            "MessageGroupId": "0000000a",
        },
        "messageAttributes": {},
        "md5OfBody": "098f6bcd4621d373cade4e832627b4f6",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:wake-0",
        "awsRegion": "eu-central-1",
    })
}
