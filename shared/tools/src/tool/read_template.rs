//! Describes a template.

use chat::tool::{Local, Route};

use super::{Ask, Definition};
use crate::field::{Field, Kind};

pub(crate) const TOOL: Definition = Definition {
    name: "read_template",
    about: "Describes a template and its parameters. Use it before create_workspace, when the template takes any.",
    fields: &[Field::needed("template_id", Kind::Text, "The template's id, as list_templates names it.")],
    route,
};

#[expect(clippy::unnecessary_wraps, reason = "every tool routes by one signature")]
fn route(ask: &Ask<'_>) -> Result<Route, String> {
    let template_id = ask.args.text("template_id").unwrap_or_default().to_owned();
    Ok(Route::Here(Local::ReadTemplate { template_id }))
}
