#![doc = include_str!("../README.md")]

mod answer;
mod apply;
mod event;
mod item;
mod pace;
mod page;
mod run;
mod segment;

use std::sync::Arc;

use chat::{port::Clock, time::Timestamp};
use edge::{Config, Function, FunctionError, Invocation};
use serde_json::Value;
use store::{Items, Migrations};

pub use answer::{Answer, Outcome, Refusal, State};
pub use event::Event;
pub use run::run;

/// Time that is left to save what was done, at most: longer than one call takes with its repetitions.
const MARGIN_MS: u64 = 30_000;

/// Where items are, and where it is recorded what was done to them.
#[derive(Clone)]
pub struct Stores {
    /// The chats table.
    pub items: Items,
    /// The directory table.
    pub records: Migrations,
    /// The time, and names of runs.
    pub clock: Arc<dyn Clock>,
}

impl Stores {
    /// Makes them as a function is told about them.
    #[must_use]
    pub fn connect(config: &Config, clock: impl Clock + 'static) -> Self {
        Self {
            items: Items::connect(&config.sdk, &config.tables.chats),
            records: Migrations::connect(&config.sdk, &config.tables.directory),
            clock: Arc::new(clock),
        }
    }
}

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let stores = Stores::connect(&config, config.clock.clone());
    edge::serve::events("migrate", move |event, invocation| {
        let stores = stores.clone();
        async move { handle(&stores, event, &invocation).await }
    })
}

async fn handle(stores: &Stores, event: Value, invocation: &Invocation) -> Result<Value, FunctionError> {
    let event = Event::read(event)
        .map_err(|error| FunctionError { error_type: "BadEvent", message: error.to_string() })?;
    let until = stop_at(stores.clock.now(), Timestamp(invocation.deadline_ms));
    let answer = run(stores, &migrations::ALL, &event, until)
        .await
        .map_err(|error| FunctionError { error_type: "Unavailable", message: error.to_string() })?;
    serde_json::to_value(answer)
        .map_err(|error| FunctionError { error_type: "Internal", message: error.to_string() })
}

/// Returns when to stop: some time before the deadline, but never before anything was done.
fn stop_at(now: Timestamp, deadline: Timestamp) -> Timestamp {
    let left_ms = deadline.since_ms(now);
    now.plus_ms(left_ms - MARGIN_MS.min(left_ms / 4))
}
