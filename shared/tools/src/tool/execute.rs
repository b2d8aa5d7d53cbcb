//! Runs a command.

use chat::tool::{IfLost, Route};

use super::{Ask, Definition, GRACE_MS, WORKSPACE_MS, workspace};
use crate::field::{Field, Kind};

/// How long a command runs before the call answers, where nothing is said.
const TIMEOUT_MS: u64 = 10_000;
const MOST_MS: u64 = 10 * 60_000;

pub(crate) const TOOL: Definition = Definition {
    name: "execute",
    about: "Runs a shell command in the workspace and returns its output and exit code. A command that is still \
            running at its timeout goes on: the answer names its background_process_id, for process_output. Set \
            timeout for what takes longer than ten seconds, and run_in_background for servers and watchers. Nobody can \
            type into it. Not for reading, writing or searching files: there are tools for that.",
    fields: &[
        Field::needed("command", Kind::Text, "The command, for sh -c."),
        Field::optional(
            "timeout",
            Kind::Span,
            "How long to wait for it, such as 30s or 5m; 10s if left out, 10m at most.",
        ),
        Field::optional("workdir", Kind::Text, "Where to run it; the workspace's folder if left out."),
        Field::optional("run_in_background", Kind::Flag, "Whether to answer at once and let it run."),
    ],
    route,
};

#[expect(clippy::unnecessary_wraps, reason = "every tool routes by one signature")]
fn route(ask: &Ask<'_>) -> Result<Route, String> {
    let timeout_ms = ask.args.span_ms("timeout").unwrap_or(TIMEOUT_MS).min(MOST_MS);
    let at_once = ask.args.flag("run_in_background");
    let patience_ms = if at_once { WORKSPACE_MS } else { timeout_ms + GRACE_MS };
    Ok(workspace(patience_ms, IfLost::Ask))
}
