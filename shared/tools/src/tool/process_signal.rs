//! Ends a process.

use chat::tool::IfLost;

use super::{Definition, WORKSPACE_MS, workspace};
use crate::field::{Field, Kind};

pub(crate) const TOOL: Definition = Definition {
    name: "process_signal",
    about: "Ends a process that this chat has started in the workspace, with all that it started. Try terminate \
            first; kill gives it no time to clean up.",
    fields: &[
        Field::needed("process_id", Kind::Text, "The background_process_id that execute named."),
        Field::needed("signal", Kind::Choice(&["terminate", "kill"]), "How it is ended."),
    ],
    route: |_| Ok(workspace(WORKSPACE_MS, IfLost::Report)),
};
