//! Waits for another agent's report.

use chat::{
    call::Answerer,
    tool::{Away, IfLost, Route},
};

use super::{Ask, Definition};
use crate::field::{Field, Kind};

const WAIT_S: u64 = 5 * 60;
const MOST_S: u64 = 60 * 60;

pub(crate) const TOOL: Definition = Definition {
    name: "wait_agent",
    about: "Waits until an agent that you spawned has ended its turn, and returns its report. After timeout_seconds it \
            answers timed_out and the agent works on: wait again, or do something else. To wait for several, call it \
            for each of them at once.",
    fields: &[
        Field::needed("chat_id", Kind::Id, "The agent, as spawn_agent named it."),
        Field::optional(
            "timeout_seconds",
            Kind::Whole { least: 0, most: MOST_S },
            "How long to wait; 300 if left out or 0.",
        ),
    ],
    route,
};

#[expect(clippy::unnecessary_wraps, reason = "every tool routes by one signature")]
fn route(ask: &Ask<'_>) -> Result<Route, String> {
    let seconds = ask.args.whole("timeout_seconds").filter(|seconds| *seconds > 0).unwrap_or(WAIT_S);
    Ok(Route::Away(Away {
        answerer: Answerer::Chat,
        patience_ms: seconds * 1_000,
        if_lost: IfLost::Retry,
        ends_turn: false,
    }))
}
