//! Wakes for working trees, over SQS.

use aws_lambda_events::event::sqs::SqsEvent;
use aws_sdk_sqs::Client;
use aws_types::SdkConfig;
use chat::{
    account::{Count, count},
    limit::WAKE_DELAY_MS,
    port::{SendPulls, Unavailable},
    wake::PullWake,
};
use serde_json::Value;

use crate::{
    delivery::UnknownWake,
    wakes::{failed, sdk_failed, seconds},
};

/// Asks for working trees to be looked at.
#[derive(Clone, Debug)]
pub struct Pulls {
    client: Client,
    queue_url: String,
}

impl Pulls {
    /// Makes the client that sends to this queue.
    #[must_use]
    pub fn connect(config: &SdkConfig, queue_url: impl Into<String>) -> Self {
        Self { client: Client::new(config), queue_url: queue_url.into() }
    }
}

impl SendPulls for Pulls {
    /// One workspace's wakes are a group of their own, as those of machines are.
    async fn look(&self, wake: &PullWake, delay_ms: u64) -> Result<(), Unavailable> {
        let body = serde_json::to_string(wake).map_err(|error| failed(error.to_string()))?;
        let delay_s = seconds(delay_ms.min(WAKE_DELAY_MS));
        count(Count::QueueRequest);
        let request = self.client.send_message().queue_url(&self.queue_url).message_body(body);
        let request = request.message_group_id(wake.workspace_id.to_string());
        request.set_delay_seconds((delay_s > 0).then_some(delay_s)).send().await.map(drop).map_err(sdk_failed)
    }
}

/// A delivered wake for a working tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullDelivery {
    /// Names the delivery in a partial batch response.
    pub message_id: String,
    /// The wake, or why it cannot be read.
    pub wake: Result<PullWake, UnknownWake>,
}

/// Reads an event of SQS.
///
/// # Errors
/// It is no event of SQS: the template wires something else to the function.
pub fn read(event: Value) -> Result<Vec<PullDelivery>, serde_json::Error> {
    let event: SqsEvent = serde_json::from_value(event)?;
    let deliveries = event.records.into_iter().map(|message| PullDelivery {
        message_id: message.message_id.unwrap_or_default(),
        wake: wake(&message.body.unwrap_or_default()),
    });
    Ok(deliveries.collect())
}

fn wake(body: &str) -> Result<PullWake, UnknownWake> {
    let wake: PullWake = serde_json::from_str(body).map_err(|error| UnknownWake::new(error.to_string()))?;
    if wake.v == PullWake::VERSION {
        return Ok(wake);
    }
    Err(UnknownWake::new(format!("version {}", wake.v)))
}
