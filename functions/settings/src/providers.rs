//! `/v1/providers`

pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod create;
pub(crate) mod list;

use chat::{
    catalogue::{Catalogue, KeyPolicy, Provider, ProviderKind},
    id::ProviderId,
    time::Timestamp,
};
use edge::{Rejection, Reply};
use serde::Serialize;

use crate::{fields::Fields, viewer::Viewer};

/// A provider as clients see it: without its key.
#[derive(Debug, Serialize)]
pub(crate) struct ProviderView<'a> {
    id: ProviderId,
    r#type: ProviderKind,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_url: Option<&'a str>,
    enabled: bool,
    keys: KeyPolicy,
    has_key: bool,
    preset: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<'a> ProviderView<'a> {
    pub(crate) fn of(provider: &'a Provider, viewer: Viewer) -> Self {
        Self {
            id: provider.id,
            r#type: provider.kind,
            name: &provider.name,
            base_url: viewer.only_admins(provider.base_url.as_deref()).flatten(),
            enabled: provider.enabled,
            keys: provider.keys,
            // The environment presets a provider only together with its key.
            has_key: provider.preset || provider.sealed_key.is_some(),
            preset: provider.preset,
            created_at: provider.created_at,
            updated_at: provider.updated_at,
        }
    }
}

/// Answers an administrator with a provider of a catalogue.
fn reply(status: u16, catalogue: &Catalogue, id: ProviderId) -> Reply {
    match catalogue.provider(id) {
        Some(provider) => Reply::json(status, &ProviderView::of(provider, Viewer::Admin)),
        None => Reply::from(&Rejection::NotFound("provider")),
    }
}

/// Notes what is wrong with whose key is used.
fn check_keys(fields: &mut Fields, keys: KeyPolicy) {
    fields.must(
        keys.central || keys.own,
        "keys",
        "must allow the deployment's key, or people's own, or both",
    );
    let both = keys.central && keys.own;
    fields.must(both || !keys.fallback, "keys.fallback", "needs both kinds of keys to be allowed");
}

/// Notes a base URL that is missing where only it says where the provider is.
fn check_address(fields: &mut Fields, kind: ProviderKind, base_url: Option<&str>) {
    let needed = match kind {
        ProviderKind::OpenaiCompat | ProviderKind::Azure => true,
        ProviderKind::Anthropic
        | ProviderKind::Openai
        | ProviderKind::Bedrock
        | ProviderKind::Google
        | ProviderKind::Openrouter
        | ProviderKind::Vercel
        | ProviderKind::Rehearsal => false,
    };
    fields.must(base_url.is_some() || !needed, "base_url", "is required for this type of provider");
}

/// Refuses a Bedrock that nobody could find: only the function's role knows a region of its own.
fn check_region(provider: &Provider, has_key: bool) -> Result<(), Rejection> {
    let is_lost = provider.kind == ProviderKind::Bedrock && provider.base_url.is_none();
    let mut fields = Fields::default();
    let message =
        "is required with a key, for it says the region: https://bedrock-runtime.eu-central-1.amazonaws.com";
    fields.must(!(is_lost && (has_key || provider.keys.own)), "base_url", message);
    fields.done()
}
