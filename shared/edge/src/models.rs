//! The models that chats may use, and their providers.

use std::sync::Arc;

use chat::{
    catalogue::{Catalogue, KeyPolicy, Provider as OfferedProvider, ProviderKind},
    id::{ModelId, ProviderId},
    model::{Api, EffortRange, ModelConfig, ModelOptions},
    time::Timestamp,
};
use uuid::Uuid;

use crate::{
    config::{Vars, optional},
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

/// The models that chats may use; never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Models {
    default: ModelConfig,
    others: Vec<ModelConfig>,
}

impl Models {
    /// Returns the models of the providers that `MODEL_PROVIDERS` names, or else of those with a key, or
    /// else all: a function without keys cannot tell, and the step that asks says what is missing.
    pub(crate) fn offered(vars: &Vars, providers: &[Provider]) -> Self {
        let named: Vec<&str> = match optional(vars, "MODEL_PROVIDERS") {
            Some(names) => names.split(',').map(str::trim).collect(),
            None => providers.iter().map(|provider| provider.kind.as_str()).collect(),
        };
        let offered = |model: &ModelConfig| named.contains(&model.provider.as_str());
        Self::of(catalogue().filter(offered).collect())
            .or_else(|| Self::of(vec![ANTHROPIC.config(), OPENAI.config()]))
            .unwrap_or_else(|| Self { default: ANTHROPIC.config(), others: Vec::new() })
    }

    /// Returns these models, the first being the default; none where there is none.
    #[must_use]
    pub fn of(mut models: Vec<ModelConfig>) -> Option<Self> {
        for (place, model) in models.iter_mut().enumerate() {
            model.is_default = place == 0;
        }
        (!models.is_empty()).then(|| Self { default: models.remove(0), others: models })
    }

    /// Returns the model of a chat that names none.
    #[must_use]
    pub const fn default_model(&self) -> &ModelConfig {
        &self.default
    }

    /// Returns a model by its id.
    #[must_use]
    pub fn find(&self, id: ModelId) -> Option<&ModelConfig> {
        self.all().find(|model| model.id == id)
    }

    /// Returns a model's id if a request may name it.
    ///
    /// # Errors
    /// There is no such model: 400, naming `model_id`.
    pub fn check(&self, id: Option<ModelId>) -> Result<Option<ModelId>, Rejection> {
        match id {
            Some(id) if self.find(id).is_none() => {
                Err(Rejection::field("model_id", "there is no such model"))
            }
            id => Ok(id),
        }
    }

    /// Returns them with their providers, as what the environment presets.
    #[must_use]
    pub fn presets(&self) -> Catalogue {
        let models: Vec<_> = self.all().cloned().map(Arc::new).collect();
        let mut kinds: Vec<_> = models.iter().map(|model| model.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let providers = kinds.into_iter().map(preset).map(Arc::new).collect();
        Catalogue { providers, models, ..Catalogue::default() }
    }

    /// Returns all models, the default first.
    pub fn all(&self) -> impl Iterator<Item = &ModelConfig> {
        std::iter::once(&self.default).chain(&self.others)
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
fn preset(kind: ProviderKind) -> OfferedProvider {
    OfferedProvider {
        id: provider_id(kind),
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

fn catalogue() -> impl Iterator<Item = ModelConfig> {
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
        let models = Models::offered(&vars, &Provider::all(&vars));
        models.all().map(|model| model.model.clone()).collect()
    }

    #[test]
    fn a_key_offers_its_providers_models() {
        assert_eq!(offered(&[("OPENAI_API_KEY", "k"), ("ANTHROPIC_API_KEY", "")]), ["gpt-5.2"]);
    }

    #[test]
    fn no_key_offers_everything_real() {
        assert_eq!(offered(&[]), ["claude-sonnet-4-5", "gpt-5.2"]);
    }

    #[test]
    fn names_go_before_keys() {
        let offered = offered(&[("MODEL_PROVIDERS", "rehearsal"), ("OPENAI_API_KEY", "k")]);
        assert_eq!(offered, ["rehearsal-messages", "rehearsal-responses", "rehearsal-chat"]);
    }

    #[test]
    fn ids_never_change() {
        let ids = catalogue().map(|model| format!("{} {}", model.model, model.id)).collect::<Vec<_>>();
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
