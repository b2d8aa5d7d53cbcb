//! Brings the stored items up to date before anybody is served, as the deploy script does.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::host::Host;

/// The function's name in the template.
const FUNCTION: &str = "Migrate";
/// The embedded database has no capacity to share, and answers one call at a time.
const UNITS_PER_SECOND: u32 = u32::MAX;
const SEGMENTS: u16 = 1;
/// Between invocations: a run that was killed holds its lease for half a minute.
const PAUSE: Duration = Duration::from_secs(1);
/// More than a lease lasts; each invocation may take as long as the template allows.
const INVOCATIONS: usize = 60;

/// Applies what is not applied yet.
pub(crate) async fn migrate(host: &Host) -> Result<()> {
    let event = json!({ "segments": SEGMENTS, "units_per_second": UNITS_PER_SECOND });
    for _ in 0..INVOCATIONS {
        let answer = host.invoke(FUNCTION, event.clone()).await;
        let answer = answer.context("migrations of the stored items")?;
        ensure!(answer["done"].is_boolean(), "{FUNCTION} does not say whether it is done: {answer}");
        if answer["done"] == true {
            warn_of_refusals(&answer);
            return Ok(());
        }
        sleep(PAUSE).await;
    }
    anyhow::bail!("the stored items are not migrated after {INVOCATIONS} invocations")
}

fn warn_of_refusals(answer: &Value) {
    for migration in answer["migrations"].as_array().into_iter().flatten() {
        let refused = migration["refusals"].as_array().map_or(0, Vec::len);
        if refused > 0 {
            tracing::warn!(migration = %migration["name"], refused, "items that nobody understands stay");
        }
    }
}
