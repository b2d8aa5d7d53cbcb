#![doc = include_str!("../README.md")]

mod idle;
mod sweep;

use std::sync::Arc;

use chat::{
    account::{Gauge, gauge},
    port::Clock as _,
    time::Timestamp,
};
use edge::{Config, Function, FunctionError};
use serde_json::Value;

pub use idle::rest;
pub use sweep::{Pass, Swept, follow_up, sweep};

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let clock = config.clock;
    let directory = store::Directory::connect(&config.sdk, &config.tables.directory, clock.clone());
    let machines = bus::Machines::connect(&config.sdk, config.machines_queue_url.unwrap_or_default());
    let idle = config.workspace_idle_ms.map(|idle_ms| Arc::new((directory, machines, idle_ms)));
    let chats = Arc::new(store::Chats::connect(&config.sdk, &config.tables.chats, clock.clone()));
    let wakes = Arc::new(bus::Wakes::connect(&config.sdk, config.wake_queue_urls));
    let sweeps = bus::Sweeps::connect(&config.sdk, config.sweep_queue_url.unwrap_or_default());
    edge::serve::metered("sweep", move |event: Value, _invocation| {
        let (chats, wakes, now) = (Arc::clone(&chats), Arc::clone(&wakes), clock.now());
        let (sweeps, idle) = (sweeps.clone(), idle.clone());
        async move {
            // The schedule's event has no records, the queue's has.
            let pass = if event.get("Records").is_none() { Pass::Minute } else { Pass::Between };
            if pass == Pass::Minute {
                follow_up(&sweeps).await;
                if let Some((directory, machines, idle_ms)) = idle.as_deref() {
                    put_to_sleep(directory, machines, *idle_ms, now).await;
                }
            }
            let swept = sweep(&*chats, &*wakes, store::DUE_SHARDS, (pass, now)).await;
            let swept = swept
                .map_err(|error| FunctionError { error_type: "Unavailable", message: error.to_string() })?;
            gauge(Gauge::Woken, swept.woken as u64);
            gauge(Gauge::WakeAgeMs, swept.overdue_ms);
            Ok(serde_json::json!({ "woken": swept.woken, "more": swept.more }))
        }
    })
}

/// Chats are woken whatever comes of this: it is done again a minute later.
async fn put_to_sleep(directory: &store::Directory, machines: &bus::Machines, idle_ms: u64, now: Timestamp) {
    match rest(directory, machines, idle_ms, now).await {
        Ok(0) => {}
        Ok(rested) => tracing::info!(rested, "machines that nobody uses are put to sleep"),
        Err(error) => tracing::warn!(%error, "not all machines were looked at"),
    }
}
