//! Shows a plan to the person.

use chat::{
    call::Answerer,
    tool::{Away, IfLost, Route},
};

use super::{Definition, WORKSPACE_MS};
use crate::field::{Field, Kind};

pub(crate) const TOOL: Definition = Definition {
    name: "propose_plan",
    about: "Shows the plan that you have written to the person and ends the turn. Write it to the chat's plan file \
            first, with write_file. Call it once the plan is complete, and nothing beside it.",
    fields: &[Field::needed("path", Kind::Text, "The chat's plan file, a Markdown file.")],
    route: |_| {
        Ok(Route::Away(Away {
            answerer: Answerer::Workspace,
            patience_ms: WORKSPACE_MS,
            if_lost: IfLost::Retry,
            ends_turn: true,
        }))
    },
};
