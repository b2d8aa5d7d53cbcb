//! The wake queues, behind SQS's protocol.

use std::{collections::BTreeMap, sync::Mutex};

use chat::time::Timestamp;
use local::{
    queue::{Letter, Message, Received, Shelf},
    template::QueueSpec,
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{cloud::Answer, lock};

/// All queues of a world. What they hold outlives restarts.
pub(crate) struct Queues {
    queues: BTreeMap<String, Queue>,
    state: Mutex<State>,
    pub(super) changed: Notify,
}

struct Queue {
    spec: QueueSpec,
    shelf: Mutex<Shelf>,
}

impl Queue {
    fn is_of_sweeps(&self) -> bool {
        is_of_sweeps(&self.spec.arn)
    }
}

/// Returns whether a queue carries sweeps and not wakes.
pub(super) fn is_of_sweeps(arn: &str) -> bool {
    arn.ends_with("-sweeps")
}

/// Returns whether a queue carries wakes for machines.
pub(super) fn is_of_machines(arn: &str) -> bool {
    arn.ends_with("-machines")
}

#[derive(Default)]
struct State {
    sent: u64,
    received: u128,
    held: usize,
}

/// A message in somebody's hands, and the queue that it is from.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) received: Received,
    pub(crate) arn: String,
    url: String,
}

impl Queues {
    pub(super) fn new(specs: &[QueueSpec]) -> Self {
        let queue = |spec: &QueueSpec| Queue { spec: spec.clone(), shelf: Mutex::default() };
        Self {
            queues: specs.iter().map(|spec| (spec.url.clone(), queue(spec))).collect(),
            state: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Answers one request of SQS's JSON protocol.
    pub(super) fn answer(&self, operation: &str, body: &[u8], now: Timestamp) -> Answer {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let Some(queue) = body["QueueUrl"].as_str().and_then(|url| self.queues.get(url)) else {
            return Answer::refused(400, "QueueDoesNotExist");
        };
        match operation {
            "SendMessage" => self.send(queue, &body, now),
            "ChangeMessageVisibility" => {
                let until = now.0 + body["VisibilityTimeout"].as_u64().unwrap_or_default() * 1_000;
                let receipt = body["ReceiptHandle"].as_str().unwrap_or_default();
                let hidden = lock(&queue.shelf).hide(receipt, until);
                self.changed.notify_one();
                if hidden {
                    Answer::json(200, &json!({}))
                } else {
                    Answer::refused(400, "MessageNotInflight")
                }
            }
            _ => Answer::refused(400, "UnsupportedOperation"),
        }
    }

    fn send(&self, queue: &Queue, body: &Value, now: Timestamp) -> Answer {
        let text = |field: &str| body[field].as_str().map(str::to_owned);
        let letter = Letter {
            body: text("MessageBody").unwrap_or_default(),
            group: text("MessageGroupId"),
            ..Letter::default()
        };
        let md5 = letter.md5();
        let delay_ms = body["DelaySeconds"].as_u64().unwrap_or_default() * 1_000;
        let id = {
            let mut state = lock(&self.state);
            state.sent += 1;
            state.held += usize::from(!queue.is_of_sweeps());
            format!("message-{}", state.sent)
        };
        lock(&queue.shelf).put(Message {
            id: id.clone(),
            letter,
            sent_ms: now.0,
            visible_ms: now.0 + delay_ms,
            receive_count: 0,
            first_received_ms: None,
        });
        self.changed.notify_one();
        Answer::json(200, &json!({"MessageId": id, "MD5OfMessageBody": md5}))
    }

    /// Takes the next message that is to be delivered; one that came too often is buried.
    pub(super) fn take(&self, now: Timestamp) -> Option<Delivery> {
        for (url, queue) in &self.queues {
            let most = match &queue.spec.redrive {
                Some(redrive) => redrive.max_receive_count,
                None if queue.is_of_sweeps() => u32::MAX,
                // What is buried stays buried.
                None => continue,
            };
            let hidden_until = now.0 + u64::try_from(queue.spec.visibility.as_millis()).unwrap_or(u64::MAX);
            while let Some(received) = self.receive(queue, now, hidden_until) {
                let delivery = Delivery { received, arn: queue.spec.arn.clone(), url: url.clone() };
                if delivery.received.message.receive_count <= most {
                    return Some(delivery);
                }
                self.delete(&delivery);
            }
        }
        None
    }

    fn receive(&self, queue: &Queue, now: Timestamp, hidden_until: u64) -> Option<Received> {
        let nonce = {
            let mut state = lock(&self.state);
            state.received += 1;
            state.received
        };
        lock(&queue.shelf).take(now.0, hidden_until, nonce)
    }

    pub(super) fn delete(&self, delivery: &Delivery) {
        let Some(queue) = self.queues.get(&delivery.url) else { return };
        if lock(&queue.shelf).remove(&delivery.received.receipt).is_some() {
            lock(&self.state).held -= usize::from(!queue.is_of_sweeps());
        }
    }

    /// Hides a delivered message until later.
    pub(super) fn put_off(&self, delivery: &Delivery, until: Timestamp) {
        if let Some(queue) = self.queues.get(&delivery.url) {
            lock(&queue.shelf).hide(&delivery.received.receipt, until.0);
        }
    }

    /// Returns when the next message can be delivered.
    pub(super) fn next_at(&self) -> Option<u64> {
        self.queues.values().filter_map(|queue| lock(&queue.shelf).next_at()).min()
    }

    /// Returns how many messages there are, delivered or not, besides sweeps, which never end.
    pub(crate) fn len(&self) -> usize {
        lock(&self.state).held
    }
}
