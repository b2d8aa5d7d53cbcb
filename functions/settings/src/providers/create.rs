//! `POST /v1/providers`

use chat::{
    catalogue::{Edit, KeyPolicy, Provider, ProviderKind},
    id::ProviderId,
    port::{Clock, KeyOwner, Person},
};
use edge::{Rejection, Reply, Request, config::BaseUrls};
use serde::Deserialize;

use crate::{App, Keys, SettingPorts, base_url, change, fields::Fields};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    r#type: Option<ProviderKind>,
    name: Option<String>,
    base_url: Option<String>,
    enabled: Option<bool>,
    keys: Option<KeyPolicy>,
    api_key: Option<String>,
}

pub(crate) async fn run<P: SettingPorts, S: Keys, K: Clock>(
    app: &App<P, S, K>,
    admin: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let body: Body = request.json()?;
    let id = ProviderId(app.clock.new_id());
    let (provider, api_key) = provider(body, id, app)?;
    let sealed_key = match api_key {
        Some(key) => Some(app.keys.seal(KeyOwner::Deployment(id), &key).await?),
        None => None,
    };
    let provider = Provider { sealed_key, ..provider };
    let respond = |next: &_| super::reply(201, next, id);
    change::create(app, admin, request, respond, |_| Ok(Edit::PutProvider(Box::new(provider.clone())))).await
}

/// The provider as asked for, and its key.
fn provider<P, S, K: Clock>(
    body: Body,
    id: ProviderId,
    app: &App<P, S, K>,
) -> Result<(Provider, Option<String>), Rejection> {
    let Body { r#type: kind, name, base_url, enabled, keys, api_key } = body;
    let (mut fields, keys) = (Fields::default(), keys.unwrap_or_default());
    let kind = fields.required("type", kind);
    let name = fields.required("name", name).map(|name| name.trim().to_owned());
    check(&mut fields, kind, name.as_deref(), base_url.as_deref(), app.base_urls);
    super::check_keys(&mut fields, keys);
    if let Some(key) = &api_key {
        fields.key("api_key", key);
    }
    fields.done()?;
    let now = app.clock.now();
    let (Some(kind), Some(name)) = (kind, name) else { return Err(Rejection::Invalid(Vec::new())) };
    let provider = Provider {
        id,
        kind,
        name,
        base_url,
        enabled: enabled.unwrap_or(true),
        keys,
        sealed_key: None,
        preset: false,
        created_at: now,
        updated_at: now,
    };
    super::check_region(&provider, api_key.is_some())?;
    Ok((provider, api_key))
}

fn check(
    fields: &mut Fields,
    kind: Option<ProviderKind>,
    name: Option<&str>,
    at: Option<&str>,
    allowed: BaseUrls,
) {
    if let Some(name) = name {
        fields.name("name", name);
    }
    if let Some(kind) = kind {
        let known = ProviderKind::CONFIGURABLE.contains(&kind);
        fields.must(known, "type", "is only for the environment to set");
        super::check_address(fields, kind, at);
    }
    if let Some(at) = at {
        base_url::check(fields, allowed, at);
    }
}
