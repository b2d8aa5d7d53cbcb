//! An event of the queue: wakes to work on.

use chat::{
    account::{Gauge, Note, gauge, note},
    port::{AskModel, HoldWake, Unavailable},
    time::Timestamp,
};
use edge::{FunctionError, Invocation};
use serde_json::Value;
use turn::{StepPorts, Worker};

/// What a step sets aside to commit what it has before the host ends it.
const RESERVE_MS: u64 = 15_000;

/// Where wakes come from.
pub trait Queue: Send + Sync {
    /// Keeps one delivered wake from being delivered again.
    type Hold: HoldWake;
    /// Returns the hold on a delivered wake.
    ///
    /// # Errors
    /// The wake came from a queue that is not ours.
    fn hold(&self, delivery: &bus::Delivery) -> Result<Self::Hold, Unavailable>;
}

impl Queue for bus::Wakes {
    type Hold = bus::Held;

    fn hold(&self, delivery: &bus::Delivery) -> Result<Self::Hold, Unavailable> {
        self.hold(delivery)
    }
}

/// Runs a step for each wake of the event and answers which of them are to be delivered again.
///
/// # Errors
/// The event is not the queue's.
pub async fn handle<P: StepPorts, M: AskModel, Q: Queue>(
    worker: &Worker<P, M>,
    queue: &Q,
    event: Value,
    invocation: Invocation,
) -> Result<Value, FunctionError> {
    let deliveries = bus::delivery::read(event).map_err(|error| failed("BadEvent", &error))?;
    let ends_at = Timestamp(invocation.deadline_ms.saturating_sub(RESERVE_MS));
    let mut again = Vec::new();
    for delivery in deliveries {
        if let Some(age_ms) = delivery.age_ms(worker.ports.now()) {
            gauge(Gauge::WakeAgeMs, age_ms);
        }
        if let Err(error) = step(worker, queue, &delivery, ends_at).await {
            note(Note::Outcome, "again");
            note(Note::Error, error);
            again.push(delivery.message_id);
        }
    }
    bus::delivery::again(again).map_err(|error| failed("BadReply", &error))
}

async fn step<P: StepPorts, M: AskModel, Q: Queue>(
    worker: &Worker<P, M>,
    queue: &Q,
    delivery: &bus::Delivery,
    ends_at: Timestamp,
) -> Result<(), Unavailable> {
    match &delivery.wake {
        Ok(wake) => turn::run(worker, &queue.hold(delivery)?, *wake, ends_at).await,
        Err(poison) => {
            // It would never be readable; what it was for is due in the table.
            note(Note::Outcome, "dropped");
            note(Note::Error, poison);
            Ok(())
        }
    }
}

fn failed(error_type: &'static str, error: &dyn std::fmt::Display) -> FunctionError {
    FunctionError { error_type, message: error.to_string() }
}
