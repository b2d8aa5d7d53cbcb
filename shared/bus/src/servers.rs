//! Errands to tool servers, over SQS.

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use aws_sdk_sqs::Client;
use aws_types::SdkConfig;
use chat::{
    account::{Count, count},
    agent::CallToken,
    id::ServerId,
    port::{CallServers, RefreshServers, Unavailable},
    wake::{Errand, ServerErrand},
};
use serde_json::Value;

use crate::{
    delivery::UnknownWake,
    wakes::{failed, sdk_failed},
};

/// Sends errands to whoever asks tool servers.
#[derive(Clone, Debug)]
pub struct Servers {
    client: Client,
    queue_url: String,
}

impl Servers {
    /// Makes the client that sends to this queue.
    #[must_use]
    pub fn connect(config: &SdkConfig, queue_url: impl Into<String>) -> Self {
        Self { client: Client::new(config), queue_url: queue_url.into() }
    }

    async fn send(&self, group: String, errand: Errand) -> Result<(), Unavailable> {
        let body = serde_json::to_string(&ServerErrand::new(errand));
        let body = body.map_err(|error| failed(error.to_string()))?;
        count(Count::QueueRequest);
        let request = self.client.send_message().queue_url(&self.queue_url).message_body(body);
        request.message_group_id(group).send().await.map(drop).map_err(sdk_failed)
    }
}

impl CallServers for Servers {
    /// One chat's calls are a group of their own: they do not delay those of others.
    async fn call_server(&self, token: &CallToken) -> Result<(), Unavailable> {
        self.send(token.chat_id.to_string(), Errand::Call(token.clone())).await
    }
}

impl RefreshServers for Servers {
    async fn refresh_server(&self, id: ServerId) -> Result<(), Unavailable> {
        self.send(id.to_string(), Errand::Refresh(id)).await
    }
}

/// A delivered errand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerDelivery {
    /// Names the delivery in a partial batch response.
    pub message_id: String,
    /// How often it was delivered, this time too; none if the event does not say.
    pub receive_count: Option<u32>,
    /// The errand, or why it cannot be read.
    pub errand: Result<Errand, UnknownWake>,
}

/// Reads an event of SQS.
///
/// # Errors
/// It is no event of SQS: the template wires something else to the function.
pub fn read(event: Value) -> Result<Vec<ServerDelivery>, serde_json::Error> {
    let event: SqsEvent = serde_json::from_value(event)?;
    Ok(event.records.into_iter().map(delivery).collect())
}

fn delivery(message: SqsMessage) -> ServerDelivery {
    ServerDelivery {
        message_id: message.message_id.unwrap_or_default(),
        receive_count: message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()),
        errand: errand(&message.body.unwrap_or_default()),
    }
}

fn errand(body: &str) -> Result<Errand, UnknownWake> {
    let sent: ServerErrand =
        serde_json::from_str(body).map_err(|error| UnknownWake::new(error.to_string()))?;
    if sent.v == ServerErrand::VERSION {
        return Ok(sent.errand);
    }
    Err(UnknownWake::new(format!("version {}", sent.v)))
}
