//! Where a provider is reached, and how one says who asks.

mod address;
mod auth;
mod secret;
mod sign;

use chat::{
    catalogue::ProviderKind,
    model::{Api, ModelConfig},
};
use reqwest::header::HeaderMap;

pub use auth::{Auth, AwsKeys};
pub use secret::Secret;

use crate::fault::Fault;

/// Where a provider is reached.
#[derive(Clone, Debug)]
pub struct Endpoint {
    kind: ProviderKind,
    base_url: String,
    auth: Auth,
}

/// A kind of provider that is nowhere by itself, and no base URL was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoBaseUrl(
    /// What has no address.
    pub ProviderKind,
);

impl std::fmt::Display for NoBaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "providers of the kind {} need a base URL", self.0.as_str())
    }
}

impl std::error::Error for NoBaseUrl {}

impl Endpoint {
    /// Returns where a provider of a kind is reached: at `base_url`, as its own libraries take it, or else where its
    /// kind is. Bedrock is in a region: the keys' own, or one of [`crate::bedrock_base_url`].
    ///
    /// # Errors
    /// The kind is nowhere by itself: Azure, servers that speak a provider's wire format, the rehearsal server.
    pub fn of(kind: ProviderKind, base_url: Option<&str>, auth: Auth) -> Result<Self, NoBaseUrl> {
        let given = base_url.map(str::trim).filter(|url| !url.is_empty()).map(str::to_owned);
        let base_url = given.or_else(|| address::usual(kind, auth.region())).ok_or(NoBaseUrl(kind))?;
        Ok(Self { kind, base_url, auth })
    }

    /// Returns the address that a model is asked at.
    pub(crate) fn url(&self, model: &ModelConfig) -> String {
        address::url(self.kind, &self.base_url, model)
    }

    /// Returns what says who asks, and in which version of the wire format.
    pub(crate) fn headers(&self, api: Api, url: &str, body: &str) -> Result<HeaderMap, Fault> {
        auth::headers(self.kind, api, &self.auth, url, body)
    }

    /// Returns what no word of the provider may show.
    pub(crate) const fn secret(&self) -> &Secret {
        self.auth.secret()
    }
}

pub use address::bedrock_base_url;

#[cfg(test)]
mod tests;
