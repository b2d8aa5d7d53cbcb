#![doc = include_str!("../README.md")]

mod handle;

use std::sync::Arc;

use chat::port::AskModel;
use edge::{Config, Function};
use providers::{Model, Role};
use turn::{Ports, Worker, catalogue::Catalogues, recent::Recent};

pub use handle::{Queue, handle};

/// Makes the function; the clients are made once and shared by all invocations.
#[must_use]
pub fn function(config: Config) -> Function {
    let Config { providers, seal_key, sdk, clock, .. } = &config;
    let keys = seal::Keys::connect(sdk, seal_key.as_deref().unwrap_or_default(), clock.clone());
    let model = Model::new(providers.clone(), keys, config.base_urls, config.tls.clone())
        .with_role(Role::of(&config));
    serve(config, model)
}

/// Makes the function that asks a given model, whatever providers are configured.
pub fn serve<M: AskModel + 'static>(config: Config, model: M) -> Function {
    let Config { tables, wake_queue_urls, machines_queue_url, servers_queue_url, .. } = config;
    let Config { socket_endpoint, presets, templates, sdk, clock, .. } = config;
    let machines = bus::Machines::connect(&sdk, machines_queue_url.unwrap_or_default());
    let servers = bus::Servers::connect(&sdk, servers_queue_url.unwrap_or_default());
    let wakes = bus::Wakes::connect(&sdk, wake_queue_urls).with_machines(machines).with_servers(servers);
    let worker = Worker {
        ports: Ports {
            chats: store::Chats::connect(&sdk, &tables.chats, clock.clone()).counting(&tables.directory),
            directory: store::Directory::connect(&sdk, &tables.directory, clock.clone()),
            wakes: wakes.clone(),
            sockets: bus::Sockets::connect(&sdk, &socket_endpoint),
            clock,
        },
        model,
        catalogues: Catalogues::new(presets),
        tools: Arc::new(tools::Tools::of(&templates)),
        templates,
        recent: Recent::default(),
    };
    let worker = Arc::new(worker);
    edge::serve::metered("step", move |event, invocation| {
        let (worker, wakes) = (Arc::clone(&worker), wakes.clone());
        async move { handle(&worker, &wakes, event, invocation).await }
    })
}
