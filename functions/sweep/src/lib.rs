#![doc = include_str!("../README.md")]

mod sweep;

use std::sync::Arc;

use chat::{
    account::{Gauge, gauge},
    port::Clock as _,
};
use edge::{Config, Function, FunctionError};
use serde_json::Value;

pub use sweep::{Swept, sweep};

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let clock = config.clock;
    let chats = Arc::new(store::Chats::connect(&config.sdk, &config.tables.chats, clock.clone()));
    let wakes = Arc::new(bus::Wakes::connect(&config.sdk, config.wake_queue_urls));
    edge::serve::metered("sweep", move |_event: Value, _invocation| {
        let (chats, wakes, now) = (Arc::clone(&chats), Arc::clone(&wakes), clock.now());
        async move {
            let swept = sweep(&*chats, &*wakes, store::DUE_SHARDS, now).await;
            let swept = swept
                .map_err(|error| FunctionError { error_type: "Unavailable", message: error.to_string() })?;
            gauge(Gauge::Woken, swept.woken as u64);
            gauge(Gauge::WakeAgeMs, swept.overdue_ms);
            Ok(serde_json::json!({ "woken": swept.woken, "more": swept.more }))
        }
    })
}
