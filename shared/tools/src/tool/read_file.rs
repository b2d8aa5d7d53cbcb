//! Reads lines of a file.

use chat::tool::IfLost;

use super::{Definition, WORKSPACE_MS, workspace};
use crate::field::{Field, Kind};

pub(crate) const TOOL: Definition = Definition {
    name: "read_file",
    about: "Reads lines of a text file in the workspace, each with its number. Use it instead of cat, head or sed. \
            Long files come in pieces: go on with offset. Not for directories, nor for finding where something is: \
            search_files does that.",
    fields: &[
        Field::needed("path", Kind::Text, "The file; relative paths begin in the workspace's folder."),
        Field::optional("offset", Kind::Whole { least: 1, most: u32::MAX as u64 }, "The first line, from 1."),
        Field::optional("limit", Kind::Whole { least: 1, most: 2_000 }, "How many lines; 2000 if left out."),
    ],
    route: |_| Ok(workspace(WORKSPACE_MS, IfLost::Retry)),
};
