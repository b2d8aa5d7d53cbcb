//! Lists templates.

use chat::tool::{Local, Route};

use super::{Ask, Definition};
use crate::field::{Field, Kind};

pub(crate) const TOOL: Definition = Definition {
    name: "list_templates",
    about: "Lists the templates that workspaces can be made from, ten a page. Use it before create_workspace.",
    fields: &[
        Field::optional("query", Kind::Text, "What the template's name or description holds."),
        Field::optional("page", Kind::Whole { least: 1, most: 1_000 }, "Which page, from 1."),
    ],
    route,
};

#[expect(clippy::unnecessary_wraps, reason = "every tool routes by one signature")]
fn route(ask: &Ask<'_>) -> Result<Route, String> {
    let query = ask.args.text("query").map(str::to_owned);
    let page = usize::try_from(ask.args.whole("page").unwrap_or(1)).unwrap_or(1);
    Ok(Route::Here(Local::ListTemplates { query, page }))
}
