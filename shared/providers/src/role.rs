//! The function's role, where it stands in for a key.

use aws_credential_types::provider::ProvideCredentials;
use aws_types::SdkConfig;
use chat::{failure::Kind, model::ModelError, port::Clock};
use edge::{Config, clock::SharedClock, config::Bedrock};
use llm::{Auth, AwsKeys, Secret};

use crate::model::{missing_key, unusable};

/// The function's role, by which it asks Bedrock where a provider of it has no key.
#[derive(Clone, Debug)]
pub struct Role {
    sdk: SdkConfig,
    clock: SharedClock,
}

impl Role {
    /// Returns the role, where the deployment lets it ask.
    #[must_use]
    pub fn of(config: &Config) -> Option<Self> {
        match config.bedrock {
            Bedrock::ByKey => None,
            Bedrock::ByRole => Some(Self { sdk: config.sdk.clone(), clock: config.clock.clone() }),
        }
    }

    /// Returns how a request that is sent now says who asks.
    async fn auth(&self) -> Option<Auth> {
        let keys = self.sdk.credentials_provider()?.provide_credentials().await.ok()?;
        Some(Auth::Aws(Box::new(AwsKeys {
            access_key_id: keys.access_key_id().to_owned(),
            secret_access_key: Secret::new(keys.secret_access_key()),
            session_token: keys.session_token().map(Secret::new),
            region: self.sdk.region()?.to_string(),
            signed_at: self.clock.now(),
        })))
    }
}

/// Returns how Bedrock is asked without a key, at the provider of this name.
///
/// # Errors
/// The deployment does not let the function ask by its role, or it has none.
pub async fn by_role(role: Option<&Role>, provider: &str) -> Result<Auth, ModelError> {
    let role = role.ok_or_else(|| missing_key(provider))?;
    let lost = || unusable(provider, Kind::Auth, &"the function has no credentials");
    role.auth().await.ok_or_else(lost)
}
