//! Whether a model may be asked, and with whose key.

use std::sync::Arc;

use super::{Catalogue, Preferences, Provider, ProviderKind, Sealed};
use crate::{failure::Kind, id::UserId, model::ModelConfig};

/// A model and how to ask it.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// Who is asked.
    pub provider: Arc<Provider>,
    /// With whose key.
    pub key: KeySource,
}

/// Whose key is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// The environment has it, or the function's role takes its place.
    Environment,
    /// The deployment's, as it is stored.
    Central(Sealed),
    /// The person's own, and who that is.
    Own(UserId, Sealed),
}

/// Why a model cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It was removed, or its provider was.
    #[error("the model is no longer configured")]
    Gone,
    /// It is switched off.
    #[error("the model is switched off")]
    ModelDisabled,
    /// Its provider is switched off.
    #[error("the model's provider is switched off")]
    ProviderDisabled,
    /// Only own keys are allowed, and the person has none.
    #[error("the model's provider needs a key of your own")]
    OwnKeyRequired,
    /// Nobody configured a key.
    #[error("the model's provider has no key")]
    MissingKey,
}

impl Unusable {
    /// Returns its name on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::ModelDisabled => "model_disabled",
            Self::ProviderDisabled => "provider_disabled",
            Self::OwnKeyRequired => "own_key_required",
            Self::MissingKey => "missing_key",
        }
    }

    /// Returns the kind of failure that a turn ends in.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Gone | Self::ModelDisabled => Kind::Config,
            Self::ProviderDisabled => Kind::ProviderDisabled,
            Self::OwnKeyRequired | Self::MissingKey => Kind::MissingKey,
        }
    }
}

impl Catalogue {
    /// Returns how a model is asked for somebody, by what she prefers.
    ///
    /// # Errors
    /// It may not or cannot be asked.
    pub fn access(
        &self,
        model: &ModelConfig,
        user_id: UserId,
        preferences: &Preferences,
    ) -> Result<Access, Unusable> {
        let provider = self.provider(model.provider_id).ok_or(Unusable::Gone)?;
        if !provider.enabled {
            return Err(Unusable::ProviderDisabled);
        }
        if !model.enabled {
            return Err(Unusable::ModelDisabled);
        }
        let key = self.key(provider, user_id, preferences)?;
        Ok(Access { provider: Arc::clone(provider), key })
    }

    fn key(
        &self,
        provider: &Provider,
        user_id: UserId,
        preferences: &Preferences,
    ) -> Result<KeySource, Unusable> {
        let policy = provider.keys;
        if policy.own
            && let Some(own) = preferences.key(provider)
        {
            return Ok(KeySource::Own(user_id, own.clone()));
        }
        if !policy.central || (policy.own && !policy.fallback) {
            return Err(if policy.own { Unusable::OwnKeyRequired } else { Unusable::MissingKey });
        }
        let by_role = provider.kind == ProviderKind::Bedrock && self.bedrock_by_role;
        match &provider.sealed_key {
            Some(sealed) => Ok(KeySource::Central(sealed.clone())),
            None if provider.preset || by_role => Ok(KeySource::Environment),
            None => Err(Unusable::MissingKey),
        }
    }
}
