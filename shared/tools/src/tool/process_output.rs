//! Looks at a process.

use chat::tool::{IfLost, Route};

use super::{Ask, Definition, GRACE_MS, workspace};
use crate::field::{Field, Kind};

const WAIT_MS: u64 = 10_000;
const MOST_MS: u64 = 5 * 60_000;

pub(crate) const TOOL: Definition = Definition {
    name: "process_output",
    about: "Returns the output of a process that execute left in the background, and its exit code once it has ended. \
            Waits for the end up to wait_timeout; 0s looks and does not wait.",
    fields: &[
        Field::needed("process_id", Kind::Text, "The background_process_id that execute named."),
        Field::optional(
            "wait_timeout",
            Kind::Span,
            "How long to wait for its end; 10s if left out, 5m at most.",
        ),
    ],
    route,
};

#[expect(clippy::unnecessary_wraps, reason = "every tool routes by one signature")]
fn route(ask: &Ask<'_>) -> Result<Route, String> {
    let wait_ms = ask.args.span_ms("wait_timeout").unwrap_or(WAIT_MS).min(MOST_MS);
    Ok(workspace(wait_ms + GRACE_MS, IfLost::Retry))
}
