//! What a model is asked.

use std::sync::Arc;

use chat::{
    catalogue::Access,
    message::{Message, Visibility},
    model::{ModelConfig, ModelRequest},
    record::{Chat, Spec},
};

use crate::catalogue::Offer;

/// What a chat in plan mode is told.
const PLAN: &str = "You are in plan mode. Investigate and think, then answer with a plan: the steps, what \
                    each changes, and the open questions. Do not carry any of it out.";

/// Which model is asked, how, and by what settings.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The model.
    pub model: Arc<ModelConfig>,
    /// At which provider, and with whose key.
    pub access: Access,
    /// What applies to the chat.
    pub offer: Offer,
}

/// Returns the request for a chat's next model turn.
#[must_use]
pub fn request(chat: &Chat, spec: Spec, asked: Asked, history: Vec<Arc<Message>>) -> ModelRequest {
    let Asked { model, access, offer } = asked;
    let system = system(chat, spec.system_prompt, &offer);
    let mut tools = spec.client_tools;
    tools.sort_by(|a, b| a.name.cmp(&b.name));
    ModelRequest {
        effort: model.effort(chat.reasoning_effort),
        model,
        access,
        chat_id: chat.id,
        system,
        messages: history.into_iter().filter(|message| message.visibility != Visibility::User).collect(),
        tools,
    }
}

/// Returns the layers of the system prompt, outermost first: the deployment's, the chat's, the person's, the mode's.
fn system(chat: &Chat, of_chat: Option<String>, offer: &Offer) -> Vec<String> {
    let settings = &offer.catalogue.settings;
    let plan = chat.plan_mode.then(|| PLAN.to_owned());
    let instructions = chat.plan_mode.then(|| settings.plan_instructions.clone());
    let layers = [
        Some(settings.system_prompt.system_prompt.clone()),
        of_chat,
        Some(offer.preferences.prompt.clone()),
        plan,
        instructions,
    ];
    layers.into_iter().flatten().filter(|layer| !layer.trim().is_empty()).collect()
}
