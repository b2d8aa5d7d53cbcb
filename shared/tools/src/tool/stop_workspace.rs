//! Takes the workspace down.

use super::{Definition, machine};

const STOP_MS: u64 = 5 * 60_000;

pub(crate) const TOOL: Definition = Definition {
    name: chat::tool::STOP_WORKSPACE,
    about: "Stops this chat's workspace: what runs in it ends, its files stay. Only when the person asks for it; idle \
            workspaces stop by themselves.",
    fields: &[],
    route: |_| Ok(machine(STOP_MS)),
};
