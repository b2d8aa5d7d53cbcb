#![doc = include_str!("../README.md")]

mod base_url;
mod change;
mod delete;
mod deployment;
mod fields;
mod mine;
mod models;
mod providers;
mod servers;
mod spending;
mod viewer;

use std::sync::Arc;

use ::providers::Role;
use chat::{
    catalogue::Edit,
    port::{
        Clock, ForgetGrants, KeepCatalogue, ListSpend, OpenSecrets, ReadReceipts, RefreshServers,
        SealSecrets, SeedCeilings,
    },
};
use edge::{Config, Function, Rejection, Reply, Request, config::BaseUrls};
use rustls::ClientConfig;
use turn::{Ports, catalogue::Catalogues};

/// What the function needs of the directory and the queue.
pub trait SettingPorts:
    KeepCatalogue + ReadReceipts + ListSpend + SeedCeilings + RefreshServers + ForgetGrants
{
}

impl<P> SettingPorts for P where
    P: KeepCatalogue + ReadReceipts + ListSpend + SeedCeilings + RefreshServers + ForgetGrants
{
}

/// What seals and opens keys.
pub trait Keys: SealSecrets + OpenSecrets {}

impl<P> Keys for P where P: SealSecrets + OpenSecrets {}

/// What the function holds; built once.
#[derive(Clone, Debug)]
pub struct App<P, S, K> {
    /// The directory, and the queue of errands to tool servers.
    pub ports: P,
    /// For keys.
    pub keys: S,
    /// For times and new ids.
    pub clock: K,
    /// What is offered.
    pub catalogues: Catalogues,
    /// Where providers may be.
    pub base_urls: BaseUrls,
    /// How they are spoken to.
    pub tls: ClientConfig,
    /// Who asks Bedrock where a provider of it has no key.
    pub role: Option<Role>,
}

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let role = Role::of(&config);
    let Config { tables, presets, seal_key, base_urls, servers_queue_url, sdk, tls, clock, .. } = config;
    let directory = store::Directory::connect(&sdk, &tables.directory, clock.clone());
    // Receipts of what is no chat's are the directory's.
    let ports = Ports {
        chats: directory.clone(),
        directory,
        wakes: bus::Servers::connect(&sdk, servers_queue_url.unwrap_or_default()),
        sockets: (),
        clock: clock.clone(),
    };
    serve(App {
        ports,
        keys: seal::Keys::connect(&sdk, seal_key.as_deref().unwrap_or_default(), clock.clone()),
        catalogues: Catalogues::new(presets),
        clock,
        base_urls,
        tls,
        role,
    })
}

/// Makes the function of what it holds.
pub fn serve<P, S, K>(app: App<P, S, K>) -> Function
where
    P: SettingPorts + 'static,
    S: Keys + 'static,
    K: Clock + 'static,
{
    let app = Arc::new(app);
    edge::serve::http("settings", move |request| {
        let app = Arc::clone(&app);
        async move { route(&app, &request).await }
    })
}

async fn route<P: SettingPorts, S: Keys, K: Clock>(
    app: &App<P, S, K>,
    request: &Request,
) -> Result<Reply, Rejection> {
    let person = request.person()?;
    match request.route.as_str() {
        "GET /v1/providers" => providers::list::run(app, person, request).await,
        "POST /v1/providers" => providers::create::run(app, request.admin()?, request).await,
        "PATCH /v1/providers/{provider}" => providers::change::run(app, request.admin()?, request).await,
        "DELETE /v1/providers/{provider}" => {
            let admin = request.admin()?;
            delete::run(app, admin, request, Edit::DeleteProvider(request.provider_id()?)).await
        }
        "POST /v1/providers/{provider}/check" => providers::check::run(app, request.admin()?, request).await,
        "GET /v1/mcp-servers" => servers::list::run(app, person, request).await,
        "POST /v1/mcp-servers" => servers::create::run(app, request.admin()?, request).await,
        "PATCH /v1/mcp-servers/{server}" => servers::change::run(app, request.admin()?, request).await,
        "DELETE /v1/mcp-servers/{server}" => {
            let admin = request.admin()?;
            delete::run(app, admin, request, Edit::DeleteServer(request.server_id()?)).await
        }
        "POST /v1/mcp-servers/{server}/refresh" => {
            servers::refresh::run(app, request.admin()?, request).await
        }
        "GET /v1/models" => models::list::run(app, person, request).await,
        "POST /v1/models" => models::create::run(app, request.admin()?, request).await,
        "PATCH /v1/models/{model}" => models::change::run(app, request.admin()?, request).await,
        "DELETE /v1/models/{model}" => {
            let admin = request.admin()?;
            delete::run(app, admin, request, Edit::DeleteModel(request.model_id()?)).await
        }
        "GET /v1/settings/{name}" => deployment::read::run(app, request).await,
        "PUT /v1/settings/{name}" => deployment::write::run(app, request.admin()?, request).await,
        "GET /v1/usage" => spending::usage::run(app, person, request).await,
        "GET /v1/limits" => spending::read_limits::run(app, person, request).await,
        "PUT /v1/limits" => spending::write_limits::run(app, request.admin()?, request).await,
        "GET /v1/me/settings/{name}" => mine::read::run(app, person, request).await,
        "PUT /v1/me/settings/{name}" => mine::write::run(app, person, request).await,
        _ => Err(Rejection::NotFound("route")),
    }
}
