//! Rules that invoke a function again and again.

use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use crate::{
    clock::rfc3339,
    host::{Host, random},
    template::{ACCOUNT, REGION, ScheduleSpec, arn},
};

/// Invokes until the task is dropped; the first time after one period.
pub(crate) async fn run(spec: ScheduleSpec, host: Host) {
    let mut ticks = interval(spec.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let event = json!({
            "version": "0",
            "id": Uuid::from_u128(random()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": rfc3339(host.clock().now_ms()),
            "region": REGION,
            "resources": [arn("events", &format!("rule/{}", spec.name))],
            "detail": {},
        });
        // The host logs a failure; the next tick is the retry.
        let _ = host.invoke(&spec.function, event).await;
    }
}
