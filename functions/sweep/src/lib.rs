#![doc = include_str!("../README.md")]

mod sweep;

use std::sync::Arc;

use chat::{
    account::{Gauge, gauge},
    port::Clock as _,
};
use edge::{Config, Function, FunctionError};
use serde_json::Value;

pub use sweep::{Pass, Swept, follow_up, sweep};

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let clock = config.clock;
    let chats = Arc::new(store::Chats::connect(&config.sdk, &config.tables.chats, clock.clone()));
    let wakes = Arc::new(bus::Wakes::connect(&config.sdk, config.wake_queue_urls));
    let sweeps = bus::Sweeps::connect(&config.sdk, config.sweep_queue_url.unwrap_or_default());
    edge::serve::metered("sweep", move |event: Value, _invocation| {
        let (chats, wakes, now) = (Arc::clone(&chats), Arc::clone(&wakes), clock.now());
        let sweeps = sweeps.clone();
        async move {
            // The schedule's event has no records, the queue's has.
            let pass = if event.get("Records").is_none() { Pass::Minute } else { Pass::Between };
            if pass == Pass::Minute {
                follow_up(&sweeps).await;
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
