//! The models' providers: where each is, and with whose key it is asked.

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock, PoisonError},
};

use chat::{
    catalogue::{KeySource, ProviderKind, Sealed},
    failure::Kind,
    model::{ModelError, ModelRequest},
    port::{AskModel, KeyOwner, OpenError, OpenSecrets},
};
use edge::{config::BaseUrls, models::Provider};
use llm::{Auth, Endpoint, Llm, Secret, reach::Reach};
use rustls::ClientConfig;

use crate::role::{Role, by_role};

/// Keys that a process remembers; all are forgotten for one more.
const REMEMBERED: usize = 64;

/// Asks the providers of the catalogue. The HTTP client is made with the first question: a step that only parks
/// or finishes a chat does without.
#[derive(Debug)]
pub struct Model<S> {
    presets: Vec<Provider>,
    secrets: S,
    opened: Mutex<HashMap<(KeyOwner, Vec<u8>), Secret>>,
    /// For providers that the environment presets, wherever it says.
    anywhere: OnceLock<Llm>,
    /// For those that people have set.
    within_reach: OnceLock<Llm>,
    reach: Reach,
    tls: ClientConfig,
    role: Option<Role>,
}

impl<S: OpenSecrets> Model<S> {
    /// Asks with these providers' keys where the catalogue leaves the key to the environment, and with what `secrets`
    /// opens where it names a stored one.
    #[must_use]
    pub fn new(presets: Vec<Provider>, secrets: S, base_urls: BaseUrls, tls: ClientConfig) -> Self {
        Self {
            presets,
            secrets,
            opened: Mutex::default(),
            anywhere: OnceLock::new(),
            within_reach: OnceLock::new(),
            reach: reach(base_urls),
            tls,
            role: None,
        }
    }

    /// Asks Bedrock by this role where a provider of it has no key.
    #[must_use]
    pub fn with_role(self, role: Option<Role>) -> Self {
        Self { role, ..self }
    }

    fn llm(&self, request: &ModelRequest) -> Result<&Llm, ModelError> {
        let (held, reach) = match request.access.provider.preset {
            true => (&self.anywhere, Reach::Anywhere),
            false => (&self.within_reach, self.reach),
        };
        if let Some(llm) = held.get() {
            return Ok(llm);
        }
        let llm =
            Llm::new(reach, self.tls.clone()).map_err(|error| no_client(&request.model.provider, &error))?;
        Ok(held.get_or_init(|| llm))
    }

    async fn endpoint(&self, request: &ModelRequest) -> Result<Endpoint, ModelError> {
        let provider = &request.access.provider;
        let preset = self.presets.iter().find(|preset| preset.kind == provider.kind);
        let auth = match &request.access.key {
            KeySource::Environment if provider.kind == ProviderKind::Bedrock => {
                by_role(self.role.as_ref(), &provider.name).await?
            }
            KeySource::Environment => preset
                .and_then(|preset| preset.api_key.as_ref())
                .map(|key| Auth::Key(Secret::new(key.reveal())))
                .ok_or_else(|| missing_key(&provider.name))?,
            KeySource::Central(sealed) => {
                self.key(&provider.name, KeyOwner::Deployment(provider.id), sealed).await?
            }
            KeySource::Own(user_id, sealed) => {
                self.key(&provider.name, KeyOwner::Person(*user_id, provider.id), sealed).await?
            }
        };
        // Only what the environment presets is where the environment says.
        let preset = preset.filter(|_| provider.preset).map(|preset| preset.base_url.as_str());
        let at = provider.base_url.as_deref().or(preset);
        Endpoint::of(provider.kind, at, auth).map_err(|error| unusable(&provider.name, Kind::Config, &error))
    }

    /// Returns a stored key.
    async fn key(&self, provider: &str, owner: KeyOwner, sealed: &Sealed) -> Result<Auth, ModelError> {
        let name = (owner, sealed.0.clone());
        let known = self.opened.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        if let Some(known) = known {
            return Ok(Auth::Key(known));
        }
        let key = self.secrets.open(owner, sealed).await.map_err(|error| closed(provider, &error))?;
        let key = Secret::new(key);
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= REMEMBERED {
            opened.clear();
        }
        opened.insert(name, key.clone());
        Ok(Auth::Key(key))
    }
}

/// Returns where those providers may be that people have set.
#[must_use]
pub const fn reach(base_urls: BaseUrls) -> Reach {
    match base_urls {
        BaseUrls::Any => Reach::Anywhere,
        BaseUrls::Public => Reach::Outside,
    }
}

/// Whoever could open the key may do so later; a key that is not readable stays that.
fn closed(provider: &str, error: &OpenError) -> ModelError {
    match error {
        OpenError::Unreadable => unusable(provider, Kind::Auth, &format!("{error}; set it again")),
        OpenError::Refused(inner) => {
            // What happened inside is for the log.
            tracing::error!(%inner, "{error}");
            unusable(provider, Kind::Generic, error)
        }
        OpenError::Unavailable(inner) => {
            tracing::warn!(%inner, "{error}");
            ModelError::ours(provider, Kind::Generic, error.to_string())
        }
    }
}

/// Where there are no certificates on Lambda, the function does not start (`edge::Config::from_env`); elsewhere it is
/// said with the first question.
fn no_client(provider: &str, error: &dyn std::fmt::Display) -> ModelError {
    unusable(provider, Kind::Config, &format!("no HTTP client: {error}"))
}

pub(crate) fn missing_key(provider: &str) -> ModelError {
    unusable(provider, Kind::MissingKey, &format!("no API key is configured for {provider}"))
}

/// Asking again would not mend it.
pub(crate) fn unusable(provider: &str, kind: Kind, error: &dyn std::fmt::Display) -> ModelError {
    ModelError { retryable: false, ..ModelError::ours(provider, kind, error.to_string()) }
}

impl<S: OpenSecrets> AskModel for Model<S> {
    type Answer = llm::Answer;

    async fn ask(&self, request: ModelRequest) -> Result<Self::Answer, ModelError> {
        let endpoint = self.endpoint(&request).await?;
        self.llm(&request)?.ask_at(&endpoint, request).await
    }
}
