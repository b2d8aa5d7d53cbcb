//! The models' providers: where each is, and with whose key it is asked.

use std::sync::OnceLock;

use chat::{
    catalogue::{Access, KeySource},
    failure::Kind,
    model::{ModelError, ModelRequest},
    port::AskModel,
};
use edge::models::Provider;
use llm::{Auth, Endpoint, Llm, Secret};

/// Asks the providers of the catalogue. The HTTP client is made with the first question: a step that only parks
/// or finishes a chat does without.
#[derive(Debug)]
pub struct Model {
    presets: Vec<Provider>,
    llm: OnceLock<Llm>,
}

impl Model {
    /// Asks with these providers' keys where the catalogue leaves the key to the environment.
    #[must_use]
    pub const fn new(presets: Vec<Provider>) -> Self {
        Self { presets, llm: OnceLock::new() }
    }

    fn llm(&self, request: &ModelRequest) -> Result<&Llm, ModelError> {
        if let Some(llm) = self.llm.get() {
            return Ok(llm);
        }
        let llm = Llm::new().map_err(|error| no_client(&request.model.provider, &error))?;
        Ok(self.llm.get_or_init(|| llm))
    }

    fn endpoint(&self, access: &Access) -> Result<Endpoint, ModelError> {
        let provider = &access.provider;
        let preset = self.presets.iter().find(|preset| preset.kind == provider.kind);
        let key = match &access.key {
            KeySource::Environment => preset.and_then(|preset| preset.api_key.as_ref()),
            // Nobody here can open a sealed key.
            KeySource::Central(_) | KeySource::Own(_) => None,
        };
        let key = key.ok_or_else(|| missing_key(&provider.name))?;
        let at = provider.base_url.as_deref().or(preset.map(|preset| preset.base_url.as_str()));
        let auth = Auth::Key(Secret::new(key.reveal()));
        Endpoint::of(provider.kind, at, auth).map_err(|error| unusable(&provider.name, Kind::Config, &error))
    }
}

/// Where there are no certificates on Lambda, the function does not start (`edge::Config::from_env`); elsewhere it is
/// said with the first question.
fn no_client(provider: &str, error: &dyn std::fmt::Display) -> ModelError {
    unusable(provider, Kind::Config, &format!("no HTTP client: {error}"))
}

fn missing_key(provider: &str) -> ModelError {
    unusable(provider, Kind::MissingKey, &format!("no API key is configured for {provider}"))
}

/// Asking again would not mend it.
fn unusable(provider: &str, kind: Kind, error: &dyn std::fmt::Display) -> ModelError {
    ModelError { retryable: false, ..ModelError::ours(provider, kind, error.to_string()) }
}

impl AskModel for Model {
    type Answer = llm::Answer;

    async fn ask(&self, request: ModelRequest) -> Result<Self::Answer, ModelError> {
        let endpoint = self.endpoint(&request.access)?;
        self.llm(&request)?.ask_at(&endpoint, request).await
    }
}
