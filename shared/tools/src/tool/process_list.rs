//! Lists processes.

use chat::tool::IfLost;

use super::{Definition, WORKSPACE_MS, workspace};

pub(crate) const TOOL: Definition = Definition {
    name: "process_list",
    about: "Lists the latest processes that this chat has started in the workspace: id, command, state, exit code.",
    fields: &[],
    route: |_| Ok(workspace(WORKSPACE_MS, IfLost::Retry)),
};
