#![doc = include_str!("../README.md")]

mod suggest;

use std::sync::Arc;

use chat::port::{AskModel, Clock, CountSpend, ReadCatalogue, ReadChats, ReadHistory, ReadSpend};
use edge::{Config, Function, Rejection, Reply, Request};
use providers::{Model, Role};
use turn::catalogue::Catalogues;

/// What the function holds; built once.
#[derive(Clone, Debug)]
pub struct App<C, D, M, K> {
    /// What was said.
    pub chats: C,
    /// What is offered.
    pub directory: D,
    /// Who is asked.
    pub model: M,
    /// For times.
    pub clock: K,
    /// What is known of what is offered.
    pub catalogues: Catalogues,
}

/// Makes the function; the clients are made once and shared by all invocations.
#[must_use]
pub fn function(config: Config) -> Function {
    let role = Role::of(&config);
    let Config { tables, providers, presets, seal_key, base_urls, sdk, tls, clock, .. } = config;
    let keys = seal::Keys::connect(&sdk, seal_key.as_deref().unwrap_or_default(), clock.clone());
    serve(App {
        chats: store::Chats::connect(&sdk, &tables.chats, clock.clone()),
        directory: store::Directory::connect(&sdk, &tables.directory, clock.clone()),
        model: Model::new(providers, keys, base_urls, tls).with_role(role),
        clock,
        catalogues: Catalogues::new(presets),
    })
}

/// Makes the function of what it holds.
pub fn serve<C, D, M, K>(app: App<C, D, M, K>) -> Function
where
    C: ReadChats + ReadHistory + 'static,
    D: ReadCatalogue + ReadSpend + CountSpend + 'static,
    M: AskModel + 'static,
    K: Clock + 'static,
{
    let app = Arc::new(app);
    edge::serve::http("titles", move |request| {
        let app = Arc::clone(&app);
        async move { route(&app, &request).await }
    })
}

async fn route<C, D, M, K>(app: &App<C, D, M, K>, request: &Request) -> Result<Reply, Rejection>
where
    C: ReadChats + ReadHistory,
    D: ReadCatalogue + ReadSpend + CountSpend,
    M: AskModel,
    K: Clock,
{
    let person = request.person()?;
    match request.route.as_str() {
        "POST /v1/chats/{chat}/title" => suggest::run(app, person, request).await,
        _ => Err(Rejection::NotFound("route")),
    }
}
