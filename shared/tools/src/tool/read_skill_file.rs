//! Reads a file of a skill.

use chat::tool::IfLost;

use super::{Definition, WORKSPACE_MS, workspace};
use crate::field::{Field, Kind};

pub(crate) const TOOL: Definition = Definition {
    name: "read_skill_file",
    about: "Returns a file that belongs to a skill, as read_skill lists them. Read the skill first.",
    fields: &[
        Field::needed("name", Kind::Text, "The skill's name."),
        Field::needed("path", Kind::Text, "The file, relative to the skill's folder."),
    ],
    route: |_| Ok(workspace(WORKSPACE_MS, IfLost::Retry)),
};
