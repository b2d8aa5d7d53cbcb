//! What the event source hands to a function.

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use chat::{time::Timestamp, wake::Wake};
use serde_json::Value;

/// A delivered wake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Names the delivery in a partial batch response.
    pub message_id: String,
    /// What it is held and put off by.
    pub receipt_handle: String,
    /// The queue's name: what its address ends in.
    pub queue: String,
    /// When it was sent, by the queue's clock; none if the event does not say.
    pub sent_at: Option<Timestamp>,
    /// How often it was delivered, by the queue's count, this time too; none if the event does not say.
    pub receive_count: Option<u32>,
    /// The wake, or why it cannot be read.
    pub wake: Result<Wake, UnknownWake>,
}

impl Delivery {
    /// Returns how much longer than it was to be kept back the wake has waited by `now`, in milliseconds; none
    /// unless it is delivered for the first time, as later it has been worked on meanwhile, and not only waited.
    #[must_use]
    pub fn age_ms(&self, now: Timestamp) -> Option<u64> {
        if self.receive_count != Some(1) {
            return None;
        }
        let wake = self.wake.as_ref().ok()?;
        Some(now.since_ms(self.sent_at?.plus_ms(u64::from(wake.delay_s) * 1_000)))
    }
}

/// A message that is not a wake that this code knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a wake: {0}")]
pub struct UnknownWake(String);

impl UnknownWake {
    pub(crate) const fn new(why: String) -> Self {
        Self(why)
    }
}

/// Reads an event of SQS.
///
/// # Errors
/// It is no event of SQS: the template wires something else to the function.
pub fn read(event: Value) -> Result<Vec<Delivery>, serde_json::Error> {
    let event: SqsEvent = serde_json::from_value(event)?;
    Ok(event.records.into_iter().map(delivery).collect())
}

/// Returns the reply that has these deliveries made again, and no others.
///
/// # Errors
/// Never in practice: the reply is a list of names.
pub fn again(message_ids: impl IntoIterator<Item = String>) -> Result<Value, serde_json::Error> {
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = message_ids.into_iter().map(failure).collect();
    serde_json::to_value(response)
}

fn failure(message_id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message_id;
    failure
}

fn delivery(message: SqsMessage) -> Delivery {
    let arn = message.event_source_arn.unwrap_or_default();
    Delivery {
        message_id: message.message_id.unwrap_or_default(),
        receipt_handle: message.receipt_handle.unwrap_or_default(),
        sent_at: message.attributes.get("SentTimestamp").and_then(|ms| ms.parse().ok()).map(Timestamp),
        receive_count: message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()),
        queue: arn.rsplit(':').next().unwrap_or_default().to_owned(),
        wake: wake(&message.body.unwrap_or_default()),
    }
}

fn wake(body: &str) -> Result<Wake, UnknownWake> {
    let wake: Wake = serde_json::from_str(body).map_err(|error| UnknownWake(error.to_string()))?;
    if wake.v == Wake::VERSION { Ok(wake) } else { Err(UnknownWake(format!("version {}", wake.v))) }
}
