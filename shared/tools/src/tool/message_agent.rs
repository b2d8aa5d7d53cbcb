//! Tells another agent something.

use chat::{
    id::ChatId,
    tool::{Local, Route},
};

use super::{Ask, Definition};
use crate::field::{Field, Kind};

pub(crate) const TOOL: Definition = Definition {
    name: "message_agent",
    about: "Sends a message to an agent that you spawned: a new task once it has ended its turn, or something that it \
            must know while it works. It is read after the running turn, or at once with interrupt, which ends that \
            turn. Agents remember what they did: give follow-up work to the one that knows the matter.",
    fields: &[
        Field::needed("chat_id", Kind::Id, "The agent, as spawn_agent named it."),
        Field::needed("message", Kind::Text, "What it is told."),
        Field::optional("interrupt", Kind::Flag, "Whether its running turn ends first."),
    ],
    route,
};

fn route(ask: &Ask<'_>) -> Result<Route, String> {
    Ok(Route::Here(Local::MessageAgent {
        chat_id: ChatId(ask.args.id("chat_id").ok_or("`chat_id` is required")?),
        message: ask.args.text("message").unwrap_or_default().to_owned(),
        interrupt: ask.args.flag("interrupt"),
    }))
}
