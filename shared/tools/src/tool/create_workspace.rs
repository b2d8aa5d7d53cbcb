//! Makes a workspace.

use super::{Definition, machine};
use crate::field::{Field, Kind};

/// Machines are made in minutes, and their agent comes after them.
const MAKE_MS: u64 = 12 * 60_000;

pub(crate) const TOOL: Definition = Definition {
    name: chat::tool::CREATE_WORKSPACE,
    about: "Makes a workspace for this chat from a template and waits until it can be used; that may take minutes. \
            Use it when the task needs files or commands and the chat has no workspace, or its workspace was deleted. \
            One that is stopped is started with start_workspace instead.",
    fields: &[
        Field::needed("template_id", Kind::Text, "The template's id, as list_templates names it."),
        Field::optional("name", Kind::Text, "What the workspace is called; up to 64 characters."),
        Field::optional("parameters", Kind::Texts, "The template's parameters, as read_template names them."),
    ],
    route: |_| Ok(machine(MAKE_MS)),
};
