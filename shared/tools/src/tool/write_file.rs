//! Writes a file.

use chat::tool::IfLost;

use super::{Definition, WORKSPACE_MS, workspace};
use crate::field::{Field, Kind};

pub(crate) const TOOL: Definition = Definition {
    name: "write_file",
    about: "Writes a whole file in the workspace, and makes its folders. What was in it is gone: read it first. For \
            changes to a file that is there, use edit_files.",
    fields: &[
        Field::needed("path", Kind::Text, "The file; relative paths begin in the workspace's folder."),
        Field::needed("content", Kind::Content, "All that the file shall say."),
    ],
    route: |_| Ok(workspace(WORKSPACE_MS, IfLost::Retry)),
};
