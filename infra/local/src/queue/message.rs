//! A message of a queue, at rest and as an event source delivers it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{clock::Millis, template::REGION};

/// What a sender said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// What it says.
    pub body: String,
    /// The group that it waits in.
    #[serde(default)]
    pub group: Option<String>,
    /// In SQS's JSON: `{"name": {"DataType": .., "StringValue": ..}}`.
    #[serde(default)]
    pub attributes: Map<String, Value>,
}

impl Letter {
    /// As SQS counts it: the body, and names, types and values of attributes.
    pub(crate) fn size_bytes(&self) -> usize {
        let attribute = |(name, value): (&String, &Value)| {
            let field = |key: &str| value[key].as_str().map_or(0, str::len);
            name.len() + field("DataType") + field("StringValue") + field("BinaryValue")
        };
        self.body.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }

    /// Returns the digest that senders compare.
    #[must_use]
    pub fn md5(&self) -> String {
        format!("{:x}", md5::compute(&self.body))
    }
}

/// A letter in a queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    /// Its name.
    pub id: String,
    /// What was sent.
    pub letter: Letter,
    /// When.
    pub sent_ms: Millis,
    /// Nobody receives it before.
    pub visible_ms: Millis,
    /// How often it was received.
    pub receive_count: u32,
    /// When it was received first.
    #[serde(default)]
    pub first_received_ms: Option<Millis>,
}

/// A message that somebody has, under the receipt that changes it.
#[derive(Clone, Debug)]
pub struct Received {
    /// What changes it from now on.
    pub receipt: String,
    /// The message as it was received.
    pub message: Message,
}

impl Received {
    pub(crate) fn id(&self) -> &str {
        &self.message.id
    }

    pub(crate) fn message_bytes(&self) -> usize {
        self.message.letter.size_bytes()
    }

    /// Returns the record of an event source's event.
    #[must_use]
    pub fn record(&self, queue_arn: &str) -> Value {
        let letter = &self.message.letter;
        let attributes: Map<_, _> =
            letter.attributes.iter().map(|(k, v)| (k.clone(), event_attribute(v))).collect();
        json!({
            "messageId": self.message.id,
            "receiptHandle": self.receipt,
            "body": letter.body,
            "attributes": self.system_attributes(),
            "messageAttributes": attributes,
            "md5OfBody": letter.md5(),
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
            "awsRegion": REGION,
        })
    }

    pub(crate) fn system_attributes(&self) -> BTreeMap<&'static str, String> {
        let message = &self.message;
        let first = message.first_received_ms.unwrap_or(message.sent_ms);
        let mut attributes = BTreeMap::from([
            ("ApproximateReceiveCount", message.receive_count.to_string()),
            ("SentTimestamp", message.sent_ms.to_string()),
            ("SenderId", "AIDALOCAL".to_owned()),
            ("ApproximateFirstReceiveTimestamp", first.to_string()),
        ]);
        if let Some(group) = &message.letter.group {
            attributes.insert("MessageGroupId", group.clone());
        }
        attributes
    }
}

/// Events spell attributes in camel case, with lists that nothing fills.
fn event_attribute(attribute: &Value) -> Value {
    let mut event = json!({
        "stringListValues": [], "binaryListValues": [], "dataType": attribute["DataType"],
    });
    for (from, to) in [("StringValue", "stringValue"), ("BinaryValue", "binaryValue")] {
        if let Some(value) = attribute.get(from) {
            event[to] = value.clone();
        }
    }
    event
}
