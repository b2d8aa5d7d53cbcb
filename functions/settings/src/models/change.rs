//! `PATCH /v1/models/{model}`

use chat::{
    catalogue::{Edit, EditRefusal},
    model::{ModelConfig, ModelOptions, Prices},
    port::{Clock, Person},
};
use edge::{Rejection, Reply, Request};
use serde::Deserialize;

use super::rules;
use crate::{
    App, SettingPorts, change,
    fields::{Fields, present},
};

/// What a model's provider is stays; another provider's model is another model.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    model: Option<String>,
    display_name: Option<String>,
    enabled: Option<bool>,
    is_default: Option<bool>,
    context_limit: Option<u64>,
    compaction_threshold: Option<u8>,
    options: Option<ModelOptions>,
    #[serde(default, deserialize_with = "present")]
    cost: Option<Option<Prices>>,
}

pub(crate) async fn run<P: SettingPorts, S: Sync, K: Clock>(
    app: &App<P, S, K>,
    admin: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let id = request.model_id()?;
    let (body, presets): (Body, _) = (request.json()?, app.catalogues.presets());
    if presets.model(id).is_some() {
        return Err(EditRefusal::Preset("model").into());
    }
    let preferences = app.ports.preferences(admin.user_id).await?;
    let next = change::edit(app, |stored| {
        let held = stored.model(id).ok_or(Rejection::NotFound("model"))?;
        Ok(Edit::PutModel(Box::new(changed(held, &body)?)))
    })
    .await?;
    Ok(super::reply(200, (&next, presets), id, (admin.user_id, &preferences)))
}

fn changed(held: &ModelConfig, body: &Body) -> Result<ModelConfig, Rejection> {
    let name = body.model.as_deref().unwrap_or(&held.model).trim().to_owned();
    let options = body.options.clone().unwrap_or_else(|| held.options.clone());
    // The transport was chosen with the model; a new list of models is no reason to change it under running chats.
    let is_asked_otherwise = body.model.is_some() || body.options.is_some();
    let api = if is_asked_otherwise { llm::api(held.kind, &name, &options) } else { held.api };
    let changed = ModelConfig {
        api,
        model: name,
        display_name: body.display_name.as_deref().unwrap_or(&held.display_name).trim().to_owned(),
        enabled: body.enabled.unwrap_or(held.enabled),
        is_default: body.is_default.unwrap_or(held.is_default),
        context_limit: body.context_limit.unwrap_or(held.context_limit),
        compaction_threshold: body.compaction_threshold.unwrap_or(held.compaction_threshold),
        options,
        cost: body.cost.unwrap_or(held.cost),
        ..held.clone()
    };
    let mut fields = Fields::default();
    rules::check(&mut fields, &changed);
    if is_asked_otherwise {
        rules::check_options(&mut fields, &changed);
    }
    fields.done()?;
    Ok(changed)
}
