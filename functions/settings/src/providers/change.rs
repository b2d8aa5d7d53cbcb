//! `PATCH /v1/providers/{provider}`

use chat::{
    catalogue::{Edit, EditRefusal, KeyPolicy, Provider, Sealed},
    port::{Clock, KeyOwner, Person},
    time::Timestamp,
};
use edge::{Rejection, Reply, Request};
use serde::Deserialize;

use crate::{
    App, Keys, SettingPorts, base_url, change,
    fields::{Fields, present},
};

/// What is `null` goes; so does a key when its provider moves, for it must not be sent to another address.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    base_url: Option<Option<String>>,
    enabled: Option<bool>,
    keys: Option<KeyPolicy>,
    #[serde(default, deserialize_with = "present")]
    api_key: Option<Option<String>>,
}

pub(crate) async fn run<P: SettingPorts, S: Keys, K: Clock>(
    app: &App<P, S, K>,
    _admin: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let id = request.provider_id()?;
    let body: Body = request.json()?;
    if app.catalogues.presets().provider(id).is_some() {
        return Err(EditRefusal::Preset("provider").into());
    }
    check(&body, app)?;
    let key = match &body.api_key {
        Some(Some(key)) => Some(Some(app.keys.seal(KeyOwner::Deployment(id), key).await?)),
        Some(None) => Some(None),
        None => None,
    };
    let now = app.clock.now();
    let next = change::edit(app, |stored| {
        let held = stored.provider(id).ok_or(Rejection::NotFound("provider"))?;
        Ok(Edit::PutProvider(Box::new(changed(held, &body, key.clone(), now)?)))
    })
    .await?;
    Ok(super::reply(200, &next, id))
}

fn check<P, S, K>(body: &Body, app: &App<P, S, K>) -> Result<(), Rejection> {
    let mut fields = Fields::default();
    if let Some(name) = &body.name {
        fields.name("name", name);
    }
    if let Some(Some(at)) = &body.base_url {
        base_url::check(&mut fields, app.base_urls, at);
    }
    if let Some(keys) = body.keys {
        super::check_keys(&mut fields, keys);
    }
    if let Some(Some(key)) = &body.api_key {
        fields.key("api_key", key);
    }
    fields.done()
}

fn changed(
    held: &Provider,
    body: &Body,
    key: Option<Option<Sealed>>,
    now: Timestamp,
) -> Result<Provider, Rejection> {
    let name = body.name.as_ref().map_or_else(|| held.name.clone(), |name| name.trim().to_owned());
    let base_url = body.base_url.clone().unwrap_or_else(|| held.base_url.clone());
    let mut fields = Fields::default();
    super::check_address(&mut fields, held.kind, base_url.as_deref());
    fields.done()?;
    let moves = base_url != held.base_url;
    let held_key = held.sealed_key.clone().filter(|_| !moves);
    let changed = Provider {
        name,
        base_url,
        enabled: body.enabled.unwrap_or(held.enabled),
        keys: body.keys.unwrap_or(held.keys),
        sealed_key: key.unwrap_or(held_key),
        updated_at: now,
        ..held.clone()
    };
    super::check_region(&changed, changed.sealed_key.is_some())?;
    Ok(changed)
}
