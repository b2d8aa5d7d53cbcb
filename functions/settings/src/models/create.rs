//! `POST /v1/models`

use chat::{
    catalogue::{Catalogue, Edit, Provider},
    id::{ModelId, ProviderId},
    model::{ModelConfig, ModelOptions, Prices},
    port::{Clock, Person},
};
use edge::{Rejection, Reply, Request};
use serde::Deserialize;

use super::rules;
use crate::{App, SettingPorts, change, fields::Fields};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    provider_id: Option<ProviderId>,
    model: Option<String>,
    display_name: Option<String>,
    enabled: Option<bool>,
    is_default: Option<bool>,
    context_limit: Option<u64>,
    compaction_threshold: Option<u8>,
    options: Option<ModelOptions>,
    cost: Option<Prices>,
}

pub(crate) async fn run<P: SettingPorts, S: Sync, K: Clock>(
    app: &App<P, S, K>,
    admin: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let (body, id): (Body, _) = (request.json()?, ModelId(app.clock.new_id()));
    let presets = app.catalogues.presets();
    let preferences = app.ports.preferences(admin.user_id).await?;
    let respond = |next: &_| super::reply(201, (next, presets), id, (admin.user_id, &preferences));
    let decide = |stored: &Catalogue| {
        let find = |id| stored.provider(id).or(presets.provider(id)).map(|provider| &**provider);
        Ok(Edit::PutModel(Box::new(model(&body, id, find)?)))
    };
    change::create(app, admin, request, respond, decide).await
}

/// The model as asked for.
fn model<'a>(
    body: &Body,
    id: ModelId,
    find: impl Fn(ProviderId) -> Option<&'a Provider>,
) -> Result<ModelConfig, Rejection> {
    let mut fields = Fields::default();
    let provider = fields.required("provider_id", body.provider_id).and_then(|id| {
        let found = find(id);
        fields.must(found.is_some(), "provider_id", "there is no such provider");
        found
    });
    let name = fields.required("model", body.model.as_deref());
    let context_limit = fields.required("context_limit", body.context_limit);
    let (Some(provider), Some(name), Some(context_limit)) = (provider, name, context_limit) else {
        return Err(fields.done().err().unwrap_or(Rejection::NotFound("provider")));
    };
    let options = body.options.clone().unwrap_or_default();
    let api = llm::api(provider.kind, name.trim(), &options);
    let plain = ModelConfig::plain(id, provider.kind, api, name.trim(), context_limit);
    let model = ModelConfig {
        provider_id: provider.id,
        provider: provider.name.clone(),
        display_name: body.display_name.as_deref().unwrap_or(name).trim().to_owned(),
        enabled: body.enabled.unwrap_or(true),
        is_default: body.is_default.unwrap_or(false),
        compaction_threshold: body.compaction_threshold.unwrap_or(plain.compaction_threshold),
        options,
        cost: body.cost,
        ..plain
    };
    rules::check(&mut fields, &model);
    rules::check_options(&mut fields, &model);
    fields.done()?;
    Ok(model)
}
