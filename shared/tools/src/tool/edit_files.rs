//! Changes files.

use chat::tool::IfLost;

use super::{Definition, WORKSPACE_MS, workspace};
use crate::field::{Field, Kind};

const EDIT: &[Field] = &[
    Field::needed(
        "search",
        Kind::Content,
        "The exact text to replace, with enough around it to be found once.",
    ),
    Field::needed("replace", Kind::Content, "What takes its place."),
    Field::optional("replace_all", Kind::Flag, "Whether every occurrence is replaced."),
];

const FILE: &[Field] = &[
    Field::needed("path", Kind::Text, "The file; relative paths begin in the workspace's folder."),
    Field::needed("edits", Kind::Rows { fields: EDIT, least: 1, most: 100 }, "The changes, in their order."),
];

pub(crate) const TOOL: Definition = Definition {
    name: "edit_files",
    about: "Replaces text in one or more files of the workspace, all of it or nothing. Each search must occur exactly \
            once, unless replace_all is set; read the file first. For new files use write_file.",
    fields: &[Field::needed(
        "files",
        Kind::Rows { fields: FILE, least: 1, most: 50 },
        "The files to change.",
    )],
    route: |_| Ok(workspace(WORKSPACE_MS, IfLost::Report)),
};
