//! `/v1/models`

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod list;
mod rules;

use chat::{
    catalogue::{Catalogue, Preferences, ProviderKind},
    id::{ModelId, ProviderId, UserId},
    model::{ModelConfig, ModelOptions, Prices},
};
use edge::{Rejection, Reply};
use serde::Serialize;

use crate::viewer::Viewer;

/// A model as a person sees it.
#[derive(Debug, Serialize)]
pub(crate) struct ModelView<'a> {
    id: ModelId,
    provider_id: ProviderId,
    provider: &'a str,
    r#type: ProviderKind,
    model: &'a str,
    display_name: &'a str,
    enabled: bool,
    is_default: bool,
    context_limit: u64,
    compaction_threshold: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<&'a ModelOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<Prices>,
    preset: bool,
    available: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    unavailable_reason: Option<&'static str>,
}

impl<'a> ModelView<'a> {
    fn of(
        catalogue: &Catalogue,
        model: &'a ModelConfig,
        presets: &Catalogue,
        (user_id, preferences): (UserId, &Preferences),
        viewer: Viewer,
    ) -> Self {
        let unusable = catalogue.access(model, user_id, preferences).err();
        Self {
            id: model.id,
            provider_id: model.provider_id,
            provider: &model.provider,
            r#type: model.kind,
            model: &model.model,
            display_name: &model.display_name,
            enabled: model.enabled,
            is_default: model.is_default,
            context_limit: model.context_limit,
            compaction_threshold: model.compaction_threshold,
            options: viewer.only_admins(&model.options),
            cost: model.cost,
            preset: presets.model(model.id).is_some(),
            available: unusable.is_none(),
            unavailable_reason: unusable.map(chat::catalogue::Unusable::code),
        }
    }
}

/// Answers an administrator with a model of a catalogue, presets included.
fn reply(
    status: u16,
    (catalogue, presets): (&Catalogue, &Catalogue),
    id: ModelId,
    person: (UserId, &Preferences),
) -> Reply {
    let catalogue = catalogue.clone().with_presets(presets);
    match catalogue.model(id) {
        Some(model) => Reply::json(status, &ModelView::of(&catalogue, model, presets, person, Viewer::Admin)),
        None => Reply::from(&Rejection::NotFound("model")),
    }
}
