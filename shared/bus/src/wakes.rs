//! Wakes over SQS.

use aws_sdk_sqs::{
    Client,
    error::DisplayErrorContext,
    types::{MessageSystemAttributeNameForSends::AwsTraceHeader, MessageSystemAttributeValue},
};
use aws_types::SdkConfig;
use chat::{
    account::{Count, Note, count, noted},
    agent::CallToken,
    id::{ChatId, WorkspaceId},
    limit::WAKE_DELAY_MS,
    port::{CallServers, HoldWake, SendMachines, SendPulls, SendWakes, Unavailable},
    wake::{Due, PullWake, Wake},
};

use crate::{Delivery, Machines, Pulls, Servers};

/// Sends wakes, each chat's to the queue that is its own.
#[derive(Clone, Debug)]
pub struct Wakes {
    client: Client,
    queue_urls: Vec<String>,
    machines: Option<Machines>,
    servers: Option<Servers>,
    pulls: Option<Pulls>,
}

impl Wakes {
    /// Makes the client that sends to these queues, in the order of their shards.
    #[must_use]
    pub fn connect(config: &SdkConfig, queue_urls: Vec<String>) -> Self {
        Self::new(Client::new(config), queue_urls)
    }

    /// Sends with `client` to these queues, in the order of their shards.
    #[must_use]
    pub const fn new(client: Client, queue_urls: Vec<String>) -> Self {
        Self { client, queue_urls, machines: None, servers: None, pulls: None }
    }

    /// Returns one that asks for machines, too.
    #[must_use]
    pub fn with_machines(self, machines: Machines) -> Self {
        Self { machines: Some(machines), ..self }
    }

    /// Returns one that has tool servers called, too.
    #[must_use]
    pub fn with_servers(self, servers: Servers) -> Self {
        Self { servers: Some(servers), ..self }
    }

    /// Returns one that asks for working trees to be looked at, too.
    #[must_use]
    pub fn with_pulls(self, pulls: Pulls) -> Self {
        Self { pulls: Some(pulls), ..self }
    }

    /// Returns the hold on a delivered wake.
    ///
    /// # Errors
    /// The wake came from a queue that this one does not send to.
    pub fn hold(&self, delivery: &Delivery) -> Result<Held, Unavailable> {
        let is_its = |url: &&String| url.rsplit('/').next() == Some(&delivery.queue);
        let queue_url = self.queue_urls.iter().find(is_its);
        let queue_url = queue_url.ok_or_else(|| failed(format!("no queue is named {}", delivery.queue)))?;
        Ok(Held {
            client: self.client.clone(),
            queue_url: queue_url.clone(),
            receipt_handle: delivery.receipt_handle.clone(),
        })
    }

    /// A random id's low bits spread chats evenly.
    fn queue_url(&self, chat_id: ChatId) -> Result<&str, Unavailable> {
        let shards = self.queue_urls.len() as u128;
        let shard = chat_id.0.as_u128().checked_rem(shards).and_then(|shard| usize::try_from(shard).ok());
        let url = shard.and_then(|shard| self.queue_urls.get(shard));
        url.map(String::as_str).ok_or_else(|| failed("no queue is configured".into()))
    }
}

impl SendWakes for Wakes {
    async fn send(&self, chat_id: ChatId, due: Due) -> Result<(), Unavailable> {
        let delay_s = seconds(due.delay_ms.min(WAKE_DELAY_MS));
        let wake = Wake { delay_s: delay_s.unsigned_abs(), ..Wake::new(chat_id, due.reason) };
        let body = serde_json::to_string(&wake).map_err(|error| failed(error.to_string()))?;
        let request = self.client.send_message().queue_url(self.queue_url(chat_id)?);
        let request = request.message_group_id(due.group.to_string()).message_body(body);
        let request = match noted(Note::Trace) {
            Some(header) => request.message_system_attributes(AwsTraceHeader, trace(header)?),
            None => request,
        };
        count(Count::QueueRequest);
        request.set_delay_seconds((delay_s > 0).then_some(delay_s)).send().await.map_err(sdk_failed)?;
        Ok(())
    }
}

impl SendMachines for Wakes {
    async fn provision(&self, id: WorkspaceId) -> Result<(), Unavailable> {
        match &self.machines {
            Some(machines) => machines.provision(id).await,
            None => Err(failed("no queue of machines is configured".into())),
        }
    }
}

impl CallServers for Wakes {
    async fn call_server(&self, token: &CallToken) -> Result<(), Unavailable> {
        match &self.servers {
            Some(servers) => servers.call_server(token).await,
            None => Err(failed("no queue of tool servers is configured".into())),
        }
    }
}

impl SendPulls for Wakes {
    async fn look(&self, wake: &PullWake, delay_ms: u64) -> Result<(), Unavailable> {
        match &self.pulls {
            Some(pulls) => pulls.look(wake, delay_ms).await,
            None => Err(failed("no queue of working trees is configured".into())),
        }
    }
}

/// The step that is woken belongs to the trace of who woke it.
fn trace(header: String) -> Result<MessageSystemAttributeValue, Unavailable> {
    let value = MessageSystemAttributeValue::builder().data_type("String").string_value(header);
    value.build().map_err(|error| failed(error.to_string()))
}

/// A wake that is being worked on.
#[derive(Clone, Debug)]
pub struct Held {
    client: Client,
    queue_url: String,
    receipt_handle: String,
}

impl HoldWake for Held {
    async fn hold(&self, for_ms: u64) -> Result<(), Unavailable> {
        let request = self.client.change_message_visibility().queue_url(&self.queue_url);
        let request = request.receipt_handle(&self.receipt_handle).visibility_timeout(seconds(for_ms));
        count(Count::QueueRequest);
        request.send().await.map_err(sdk_failed)?;
        Ok(())
    }
}

/// SQS counts in seconds, and early is worse than late.
pub(crate) fn seconds(ms: u64) -> i32 {
    i32::try_from(ms.div_ceil(1_000)).unwrap_or(i32::MAX)
}

pub(crate) fn sdk_failed<E: std::error::Error>(error: E) -> Unavailable {
    failed(DisplayErrorContext(&error).to_string())
}

pub(crate) const fn failed(reason: String) -> Unavailable {
    Unavailable { dependency: "the queue", reason }
}
