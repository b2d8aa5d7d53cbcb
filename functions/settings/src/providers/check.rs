//! `POST /v1/providers/{provider}/check`

use std::{sync::Arc, time::Duration};

use ::providers::by_role;
use chat::{
    catalogue::{Access, Catalogue, KeySource, Provider, ProviderKind},
    failure::Kind,
    id::{ChatId, MessageId},
    message::{NewMessage, Role},
    model::{Attachments, ModelConfig, ModelError, ModelRequest},
    part::Part,
    port::{Clock, KeyOwner, Person},
};
use edge::{Rejection, Reply, Request};
use llm::{Auth, Endpoint, Llm, Secret};
use providers::reach;
use serde::Serialize;

use crate::{App, Keys, SettingPorts};

/// How long the provider may take, so that the answer comes before the gateway gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came of it, for people.
#[derive(Debug, Serialize)]
struct Checked {
    ok: bool,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
}

pub(crate) async fn run<P: SettingPorts, S: Keys, K: Clock>(
    app: &App<P, S, K>,
    admin: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    request.no_body()?;
    let id = request.provider_id()?;
    let offer = app.catalogues.offer(&app.ports, admin.user_id).await?;
    let provider = offer.catalogue.provider(id).ok_or(Rejection::NotFound("provider"))?;
    let checked = match asked(&offer.catalogue, provider) {
        Ok(model) => said(&model, ask(app, provider, &model).await),
        Err(why) => Checked { ok: false, message: why.to_owned(), detail: None, model: None },
    };
    Ok(Reply::json(200, &checked))
}

/// The provider's model that is asked: one that is on, if there is one.
fn asked(catalogue: &Catalogue, provider: &Provider) -> Result<Arc<ModelConfig>, &'static str> {
    if provider.preset {
        return Err("only steps have this provider's key, from the environment: send a message to try it");
    }
    let mut models = catalogue.models.iter().filter(|model| model.provider_id == provider.id);
    let first = models.clone().next();
    let model = models.find(|model| model.enabled).or(first);
    model.cloned().ok_or("the provider has no model yet that could be asked; add one first")
}

async fn ask<P: SettingPorts, S: Keys, K: Clock>(
    app: &App<P, S, K>,
    provider: &Provider,
    model: &Arc<ModelConfig>,
) -> Result<(), ModelError> {
    let failed = |error: &dyn std::fmt::Display| failed(provider, error);
    let auth = auth(app, provider).await?;
    let endpoint = Endpoint::of(provider.kind, provider.base_url.as_deref(), auth);
    let endpoint = endpoint.map_err(|error| failed(&error))?;
    let llm = Llm::new(reach(app.base_urls), app.tls.clone());
    let llm = llm.map_err(|error| failed(&format!("no HTTP client: {error}")))?;
    let request = request(app, provider, model);
    match tokio::time::timeout(PATIENCE, begin(&llm, &endpoint, request)).await {
        Ok(begun) => begun,
        Err(_) => Err(ModelError { kind: Kind::Timeout, ..failed(&"no answer within 20 seconds") }),
    }
}

/// With the deployment's key, or without one by the function's role.
async fn auth<P, S: Keys, K>(app: &App<P, S, K>, provider: &Provider) -> Result<Auth, ModelError> {
    let sealed = match &provider.sealed_key {
        Some(sealed) => sealed,
        None if provider.kind == ProviderKind::Bedrock => {
            return by_role(app.role.as_ref(), &provider.name).await;
        }
        None => {
            let missing = failed(provider, &"the provider has no key");
            return Err(ModelError { kind: Kind::MissingKey, ..missing });
        }
    };
    let key = app.keys.open(KeyOwner::Deployment(provider.id), sealed).await;
    let key = key.map_err(|error| {
        // What happened inside is for the log.
        tracing::warn!(?error, "a stored key was not opened");
        failed(provider, &error)
    })?;
    Ok(Auth::Key(Secret::new(key)))
}

/// Asking again would not mend it.
fn failed(provider: &Provider, error: &dyn std::fmt::Display) -> ModelError {
    let error = ModelError::ours(&provider.name, Kind::Config, error.to_string());
    ModelError { retryable: false, ..error }
}

/// Waits for an answer to begin: by then the address, the key, the model and its options were good.
async fn begin(llm: &Llm, endpoint: &Endpoint, request: ModelRequest) -> Result<(), ModelError> {
    let mut answer = llm.ask_at(endpoint, request).await?;
    answer.next().await.transpose().map(drop)
}

fn request<P, S, K: Clock>(
    app: &App<P, S, K>,
    provider: &Provider,
    model: &Arc<ModelConfig>,
) -> ModelRequest {
    let said = NewMessage::of(Role::User, vec![Part::Text { text: "Say OK.".to_owned() }.into()]);
    ModelRequest {
        model: Arc::clone(model),
        access: Access { provider: Arc::new(provider.clone()), key: KeySource::Environment },
        chat_id: ChatId(app.clock.new_id()),
        system: Vec::new(),
        messages: vec![Arc::new(said.placed(MessageId(1), app.clock.now(), 1))],
        attachments: Attachments::default(),
        tools: Vec::new(),
        effort: None,
    }
}

fn said(model: &ModelConfig, asked: Result<(), ModelError>) -> Checked {
    let model = Some(model.model.clone());
    match asked {
        Ok(()) => Checked { ok: true, message: "the provider answered".to_owned(), detail: None, model },
        Err(error) => {
            let failure = error.failure();
            Checked { ok: false, message: failure.message, detail: failure.detail, model }
        }
    }
}
