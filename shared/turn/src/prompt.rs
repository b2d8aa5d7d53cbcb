//! What a model is asked.

use std::sync::Arc;

use chat::{
    message::{Message, Visibility},
    model::{ModelConfig, ModelRequest},
    record::{Chat, Spec},
};

/// What a chat in plan mode is told.
const PLAN: &str = "You are in plan mode. Investigate and think, then answer with a plan: the steps, what \
                    each changes, and the open questions. Do not carry any of it out.";

/// Returns the request for a chat's next model turn.
#[must_use]
pub fn request(chat: &Chat, spec: Spec, model: Arc<ModelConfig>, history: Vec<Arc<Message>>) -> ModelRequest {
    let plan = chat.plan_mode.then(|| PLAN.to_owned());
    let mut tools = spec.client_tools;
    tools.sort_by(|a, b| a.name.cmp(&b.name));
    ModelRequest {
        model,
        chat_id: chat.id,
        system: spec.system_prompt.into_iter().chain(plan).collect(),
        messages: history.into_iter().filter(|message| message.visibility != Visibility::User).collect(),
        tools,
        effort: chat.reasoning_effort,
    }
}
