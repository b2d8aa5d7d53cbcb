//! Event source mappings: a queue's messages invoke a function.

use std::sync::Arc;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

use crate::{
    host::Host,
    policy::{self, Role},
    queue::{Queue, Queues, Received},
    template::SourceSpec,
};

/// One mapping.
#[derive(Clone)]
pub(crate) struct Source {
    spec: SourceSpec,
    queue: Arc<Queue>,
    queues: Queues,
    host: Host,
}

impl Source {
    /// Refused if the function's role may not poll, as AWS refuses to make such a mapping.
    pub(crate) fn new(spec: SourceSpec, queues: &Queues, host: &Host, role: &Role) -> Result<Self> {
        let queue = queues.by_arn(&spec.queue_arn).with_context(|| format!("no queue {}", spec.queue_arn))?;
        role.demand(policy::polling(&spec.queue_arn)).context("event source")?;
        Ok(Self { queue: Arc::clone(queue), queues: queues.clone(), host: host.clone(), spec })
    }

    /// Delivers until `stopping` says so. What was received and not finished stays in the queue.
    pub(crate) async fn run(self, mut stopping: watch::Receiver<bool>) {
        let slots = Arc::new(Semaphore::new(self.spec.max_concurrency));
        loop {
            // Neither is ever closed while this runs.
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            let received = tokio::select! {
                biased;
                _ = stopping.wait_for(|stopping| *stopping) => return,
                received = self.queues.next(&self.queue) => received,
            };
            match received {
                Ok(received) => {
                    let source = self.clone();
                    tokio::spawn(async move {
                        source.deliver(received).await;
                        drop(slot);
                    });
                }
                Err(error) => tracing::error!(%error, "a queue could not be read"),
            }
        }
    }

    async fn deliver(&self, received: Received) {
        let meter = self.host.meter();
        // A receive and a delete, as the poller would be billed.
        meter.sqs_request(received.message_bytes());
        let event = json!({"Records": [received.record(self.queue.arn())]});
        let Ok(reply) = self.host.invoke(&self.spec.function, event).await else { return };
        if self.spec.reports_failures && reports_failure(&reply, received.id()) {
            return;
        }
        meter.sqs_request(0);
        if let Err(error) = self.queue.delete(&received.receipt).await {
            tracing::error!(%error, "a message that was worked on comes again");
        }
    }
}

/// An unknown or empty id fails the batch, as Lambda does; so a batch of one fails with any entry.
fn reports_failure(reply: &Value, id: &str) -> bool {
    let failures = reply["batchItemFailures"].as_array();
    if let Some(other) = failures.into_iter().flatten().find(|failure| failure["itemIdentifier"] != id) {
        tracing::warn!(%other, "a failure was reported for a message that was not in the batch");
    }
    failures.is_some_and(|failures| !failures.is_empty())
}
