//! Sweeps between the minutes, over SQS: no schedule ticks oftener.

use aws_sdk_sqs::Client;
use aws_types::SdkConfig;
use chat::{
    account::{Count, count},
    port::{SendSweeps, Unavailable},
};

use crate::wakes::{sdk_failed, seconds};

/// Has forgotten chats looked for a little later.
#[derive(Clone, Debug)]
pub struct Sweeps {
    client: Client,
    queue_url: String,
}

impl Sweeps {
    /// Makes the client that sends to this queue.
    #[must_use]
    pub fn connect(config: &SdkConfig, queue_url: String) -> Self {
        Self { client: Client::new(config), queue_url }
    }
}

impl SendSweeps for Sweeps {
    async fn sweep_in(&self, delay_ms: u64) -> Result<(), Unavailable> {
        let request = self.client.send_message().queue_url(&self.queue_url).message_body("{}");
        count(Count::QueueRequest);
        request.delay_seconds(seconds(delay_ms)).send().await.map_err(sdk_failed)?;
        Ok(())
    }
}
