//! Wakes for machines, over SQS.

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use aws_sdk_sqs::Client;
use aws_types::SdkConfig;
use chat::{
    account::{Count, count},
    id::WorkspaceId,
    port::{SendMachines, Unavailable},
    wake::MachineWake,
};
use serde_json::Value;

use crate::{
    delivery::UnknownWake,
    wakes::{failed, sdk_failed},
};

/// Asks for machines to be looked at.
#[derive(Clone, Debug)]
pub struct Machines {
    client: Client,
    queue_url: String,
}

impl Machines {
    /// Makes the client that sends to this queue.
    #[must_use]
    pub fn connect(config: &SdkConfig, queue_url: impl Into<String>) -> Self {
        Self { client: Client::new(config), queue_url: queue_url.into() }
    }
}

impl SendMachines for Machines {
    /// One workspace's wakes are a group of their own: a machine that takes long does not delay those of others.
    async fn provision(&self, id: WorkspaceId) -> Result<(), Unavailable> {
        let body = serde_json::to_string(&MachineWake::new(id)).map_err(|error| failed(error.to_string()))?;
        count(Count::QueueRequest);
        let request = self.client.send_message().queue_url(&self.queue_url).message_body(body);
        request.message_group_id(id.to_string()).send().await.map(drop).map_err(sdk_failed)
    }
}

/// A delivered wake for a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineDelivery {
    /// Names the delivery in a partial batch response.
    pub message_id: String,
    /// How often it was delivered, this time too; none if the event does not say.
    pub receive_count: Option<u32>,
    /// The workspace, or why it cannot be read.
    pub workspace_id: Result<WorkspaceId, UnknownWake>,
}

/// Reads an event of SQS.
///
/// # Errors
/// It is no event of SQS: the template wires something else to the function.
pub fn read(event: Value) -> Result<Vec<MachineDelivery>, serde_json::Error> {
    let event: SqsEvent = serde_json::from_value(event)?;
    Ok(event.records.into_iter().map(delivery).collect())
}

fn delivery(message: SqsMessage) -> MachineDelivery {
    MachineDelivery {
        message_id: message.message_id.unwrap_or_default(),
        receive_count: message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()),
        workspace_id: workspace(&message.body.unwrap_or_default()),
    }
}

fn workspace(body: &str) -> Result<WorkspaceId, UnknownWake> {
    let wake: MachineWake =
        serde_json::from_str(body).map_err(|error| UnknownWake::new(error.to_string()))?;
    if wake.v == MachineWake::VERSION {
        return Ok(wake.workspace_id);
    }
    Err(UnknownWake::new(format!("version {}", wake.v)))
}
