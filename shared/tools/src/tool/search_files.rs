//! Finds text in files.

use chat::tool::IfLost;

use super::{Definition, WORKSPACE_MS, workspace};
use crate::field::{Field, Kind};

pub(crate) const TOOL: Definition = Definition {
    name: "search_files",
    about: "Finds the lines of files in the workspace that match a regular expression, with file names and line \
            numbers. Files that git ignores and binary files are passed over. Use it instead of grep or find.",
    fields: &[
        Field::needed("pattern", Kind::Text, "A regular expression."),
        Field::optional(
            "path",
            Kind::Text,
            "The folder or file to search; the workspace's folder if left out.",
        ),
        Field::optional("glob", Kind::Text, "Which files, such as *.rs or src/**/*.ts."),
    ],
    route: |_| Ok(workspace(WORKSPACE_MS, IfLost::Retry)),
};
