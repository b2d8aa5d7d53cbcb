//! Has another agent work.

use chat::{
    id::ModelId,
    model::Effort,
    tool::{AgentKind, Local, Route, SPAWN_AGENT, SpawnAgent},
};

use super::{Ask, Definition};
use crate::field::{Field, Kind};

const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];

pub(crate) const TOOL: Definition = Definition {
    name: SPAWN_AGENT,
    about: "Gives a task to another agent, which works on its own in the same workspace while you go on; it knows \
            nothing of this conversation, so the prompt must say all that it needs and what it shall report. Several \
            run beside each other. An explore agent only reads and looks; a general one may do what you may, but for \
            spawning agents. Get the report with wait_agent. Not for what a few tool calls of your own would do.",
    fields: &[
        Field::needed("type", Kind::Choice(&["general", "explore"]), "What the agent may do."),
        Field::needed("prompt", Kind::Text, "Its task, complete in itself."),
        Field::optional("title", Kind::Text, "What it is called, in a few words."),
        Field::optional(
            "model_config_id",
            Kind::Id,
            "The model that it uses; leave it out unless the person names one.",
        ),
        Field::optional(
            "reasoning_effort",
            Kind::Choice(EFFORTS),
            "How hard it thinks; leave it out as a rule.",
        ),
    ],
    route,
};

fn route(ask: &Ask<'_>) -> Result<Route, String> {
    if ask.chat.parent_chat_id.is_some() {
        return Err("an agent that was spawned cannot spawn agents".to_owned());
    }
    let args = &ask.args;
    Ok(Route::Here(Local::SpawnAgent(SpawnAgent {
        kind: if args.text("type") == Some("explore") { AgentKind::Explore } else { AgentKind::General },
        prompt: args.text("prompt").unwrap_or_default().to_owned(),
        title: args.text("title").map(str::to_owned),
        model_id: args.id("model_config_id").map(ModelId),
        reasoning_effort: args.text("reasoning_effort").and_then(effort),
    })))
}

fn effort(word: &str) -> Option<Effort> {
    serde_json::from_value(word.into()).ok()
}
