//! Reads a skill.

use chat::tool::IfLost;

use super::{Definition, WORKSPACE_MS, workspace};
use crate::field::{Field, Kind};

pub(crate) const TOOL: Definition = Definition {
    name: "read_skill",
    about: "Returns the instructions of one of the skills that the system prompt lists, and the names of its files. \
            Read a skill before you do what it is for.",
    fields: &[Field::needed("name", Kind::Text, "The skill's name.")],
    route: |_| Ok(workspace(WORKSPACE_MS, IfLost::Retry)),
};
