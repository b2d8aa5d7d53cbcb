//! Stops another agent.

use chat::{
    id::ChatId,
    tool::{Local, Route},
};

use super::{Ask, Definition};
use crate::field::{Field, Kind};

pub(crate) const TOOL: Definition = Definition {
    name: "interrupt_agent",
    about: "Ends the running turn of an agent that you spawned. What it did stays, and it can be given more work with \
            message_agent. Nothing happens if it is idle.",
    fields: &[Field::needed("chat_id", Kind::Id, "The agent, as spawn_agent named it.")],
    route,
};

fn route(ask: &Ask<'_>) -> Result<Route, String> {
    let chat_id = ChatId(ask.args.id("chat_id").ok_or("`chat_id` is required")?);
    Ok(Route::Here(Local::InterruptAgent { chat_id }))
}
