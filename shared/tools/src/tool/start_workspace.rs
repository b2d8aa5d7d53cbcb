//! Brings the workspace up.

use super::{Definition, machine};

const START_MS: u64 = 12 * 60_000;

pub(crate) const TOOL: Definition = Definition {
    name: chat::tool::START_WORKSPACE,
    about: "Starts this chat's workspace and waits until it can be used. Use it when another tool says that the \
            workspace is stopped, starting or not connected; then repeat what failed.",
    fields: &[],
    route: |_| Ok(machine(START_MS)),
};
