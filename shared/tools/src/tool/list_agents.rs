//! Lists the agents that a chat has spawned.

use chat::tool::{Local, Route};

use super::{Ask, Definition};
use crate::field::{Field, Kind};

const LIMIT: u64 = 10;

pub(crate) const TOOL: Definition = Definition {
    name: "list_agents",
    about: "Lists the agents that you have spawned, newest first, with their status.",
    fields: &[
        Field::optional("limit", Kind::Whole { least: 1, most: 50 }, "How many; 10 if left out."),
        Field::optional("offset", Kind::Whole { least: 0, most: 10_000 }, "How many are passed over."),
    ],
    route,
};

#[expect(clippy::unnecessary_wraps, reason = "every tool routes by one signature")]
fn route(ask: &Ask<'_>) -> Result<Route, String> {
    let whole = |name, default| usize::try_from(ask.args.whole(name).unwrap_or(default)).unwrap_or_default();
    Ok(Route::Here(Local::ListAgents { limit: whole("limit", LIMIT), offset: whole("offset", 0) }))
}
