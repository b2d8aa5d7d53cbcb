//! The models that chats may use, and their providers.

use std::sync::Arc;

use chat::{
    catalogue::{Catalogue, KeyPolicy, Provider as OfferedProvider, ProviderKind, Unusable},
    id::{ModelId, ProviderId},
    model::{Api, EffortRange, ModelConfig, ModelOptions},
    time::Timestamp,
};
use uuid::Uuid;

use crate::{
    config::{Bedrock, Vars, optional},
    rejection::Rejection,
    secret::Secret,
};

/// Namespace of model ids, so that a model has the same id in every function and every deployment.
const NAMESPACE: Uuid = Uuid::from_u128(0x7f3b_0c52_64d1_4a8e_9c07_51f0_a2c4_de19);

/// A provider that may be asked.
#[derive(Clone, Debug)]
pub struct Provider {
    /// What it is; also its name.
    pub kind: ProviderKind,
    /// Where it is, as its official SDKs understand it.
    pub base_url: String,
    /// Its key; none where only its name is known, as in functions that never ask.
    pub api_key: Option<Secret>,
}

impl Provider {
    pub(crate) fn all(vars: &Vars) -> Vec<Self> {
        [
            Self::keyed(vars, ProviderKind::Anthropic, "ANTHROPIC", "https://api.anthropic.com"),
            Self::keyed(vars, ProviderKind::Openai, "OPENAI", "https://api.openai.com/v1"),
            Self::rehearsal(vars),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn keyed(vars: &Vars, kind: ProviderKind, prefix: &str, at: &str) -> Option<Self> {
        let api_key = optional(vars, &format!("{prefix}_API_KEY")).map(Secret::new)?;
        let base_url = optional(vars, &format!("{prefix}_BASE_URL")).unwrap_or(at).to_owned();
        Some(Self { kind, base_url, api_key: Some(api_key) })
    }

    /// The rehearsal model takes any key.
    fn rehearsal(vars: &Vars) -> Option<Self> {
        let base_url = optional(vars, "REHEARSAL_URL")?.to_owned();
        Some(Self { kind: ProviderKind::Rehearsal, base_url, api_key: Some(Secret::new("rehearsal")) })
    }
}

/// Returns the models of the providers that `MODEL_PROVIDERS` names, or else of those with a key, and these providers.
///
/// The first model is the default. There may be none: then administrators configure what there is.
pub(crate) fn presets(vars: &Vars, providers: &[Provider], bedrock: Bedrock) -> Catalogue {
    let named: Vec<&str> = match optional(vars, "MODEL_PROVIDERS") {
        Some(names) => names.split(',').map(str::trim).collect(),
        None => providers.iter().map(|provider| provider.kind.as_str()).collect(),
    };
    let offered = known().filter(|model| named.contains(&model.kind.as_str()));
    Catalogue { bedrock_by_role: bedrock == Bedrock::ByRole, ..catalogue(offered.collect()) }
}

/// Returns these models with their providers, the first model being the default.
#[must_use]
pub fn catalogue(models: Vec<ModelConfig>) -> Catalogue {
    let first = |(place, model)| ModelConfig { is_default: place == 0, ..model };
    let models: Vec<_> = models.into_iter().enumerate().map(first).map(Arc::new).collect();
    let mut providers: Vec<Arc<OfferedProvider>> = Vec::new();
    for model in &models {
        if !providers.iter().any(|provider| provider.id == model.provider_id) {
            providers.push(Arc::new(preset(model.provider_id, model.kind)));
        }
    }
    Catalogue { providers, models, ..Catalogue::default() }
}

/// Returns the refusal of a request that names such a model.
#[must_use]
pub fn refused(unusable: Unusable) -> Rejection {
    match unusable {
        Unusable::Gone => Rejection::field("model_id", "there is no such model"),
        Unusable::ModelDisabled
        | Unusable::ProviderDisabled
        | Unusable::OwnKeyRequired
        | Unusable::MissingKey => Rejection::Model(unusable),
    }
}

/// Returns the id of a provider that the environment presets.
#[must_use]
pub fn provider_id(kind: ProviderKind) -> ProviderId {
    ProviderId(Uuid::new_v5(&NAMESPACE, kind.as_str().as_bytes()))
}

/// Returns the id of a provider's model.
#[must_use]
pub fn model_id(provider: &str, model: &str) -> ModelId {
    ModelId(Uuid::new_v5(&NAMESPACE, format!("{provider}/{model}").as_bytes()))
}

/// Where it is, and its key, only those know who ask.
fn preset(id: ProviderId, kind: ProviderKind) -> OfferedProvider {
    OfferedProvider {
        id,
        kind,
        name: kind.as_str().to_owned(),
        base_url: None,
        enabled: true,
        keys: KeyPolicy::default(),
        sealed_key: None,
        preset: true,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    }
}

struct Known {
    api: Api,
    provider: ProviderKind,
    model: &'static str,
    context_limit: u64,
}

impl Known {
    fn config(&self) -> ModelConfig {
        let id = model_id(self.provider.as_str(), self.model);
        let plain = ModelConfig::plain(id, self.provider, self.api, self.model, self.context_limit);
        let reasoning_effort = Some(EffortRange::default());
        ModelConfig {
            provider_id: provider_id(self.provider),
            options: ModelOptions { reasoning_effort, ..ModelOptions::default() },
            ..plain
        }
    }
}

const ANTHROPIC: Known = Known {
    api: Api::AnthropicMessages,
    provider: ProviderKind::Anthropic,
    model: "claude-sonnet-4-5",
    context_limit: 200_000,
};

const OPENAI: Known = Known {
    api: Api::OpenaiResponses,
    provider: ProviderKind::Openai,
    model: "gpt-5.2",
    context_limit: 400_000,
};

const fn rehearsal(api: Api, model: &'static str) -> Known {
    Known { api, provider: ProviderKind::Rehearsal, model, context_limit: 200_000 }
}

fn known() -> impl Iterator<Item = ModelConfig> {
    [
        ANTHROPIC,
        OPENAI,
        Known { model: "claude-haiku-4-5", ..ANTHROPIC },
        Known { model: "claude-opus-4-6", ..ANTHROPIC },
        rehearsal(Api::AnthropicMessages, "rehearsal-messages"),
        rehearsal(Api::OpenaiResponses, "rehearsal-responses"),
        rehearsal(Api::OpenaiChat, "rehearsal-chat"),
    ]
    .into_iter()
    .map(|known| known.config())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(vars: &[(&str, &str)]) -> Vec<String> {
        let vars = vars.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let presets = presets(&vars, &Provider::all(&vars), Bedrock::ByKey);
        presets.models.iter().map(|model| model.model.clone()).collect()
    }

    #[test]
    fn a_key_offers_its_providers_models() {
        assert_eq!(offered(&[("OPENAI_API_KEY", "k"), ("ANTHROPIC_API_KEY", "")]), ["gpt-5.2"]);
    }

    #[test]
    fn no_key_offers_nothing() {
        assert!(offered(&[]).is_empty());
        assert!(offered(&[("MODEL_PROVIDERS", ",,")]).is_empty(), "the template names nobody");
    }

    #[test]
    fn names_go_before_keys() {
        let offered = offered(&[("MODEL_PROVIDERS", "rehearsal"), ("OPENAI_API_KEY", "k")]);
        assert_eq!(offered, ["rehearsal-messages", "rehearsal-responses", "rehearsal-chat"]);
    }

    #[test]
    fn ids_never_change() {
        let ids = known().map(|model| format!("{} {}", model.model, model.id)).collect::<Vec<_>>();
        let fixed = [
            "claude-sonnet-4-5 f9a1a152-1290-53cb-a164-2d0bd693ee3a",
            "gpt-5.2 805a3598-5a36-562d-ad20-b540a8473936",
            "claude-haiku-4-5 9cbd4cf4-75e2-5179-871e-3a24f4a18530",
            "claude-opus-4-6 ba3cbcd7-5690-5333-ac07-13eb6aa110d1",
            "rehearsal-messages 1e24567f-7ac1-56c2-893c-c26e5be1fb34",
            "rehearsal-responses bd1cf89a-bc0a-5d83-80ec-1a686c0ab314",
            "rehearsal-chat d73c73b3-8783-516d-94f1-0070ea5eaeaf",
        ];
        assert_eq!(ids, fixed);
    }
}
