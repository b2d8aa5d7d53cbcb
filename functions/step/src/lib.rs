#![doc = include_str!("../README.md")]

mod handle;
mod model;

use std::sync::Arc;

use edge::{Config, Function, SystemClock};
use turn::{Ports, Worker, recent::Recent};

pub use handle::{Queue, handle};
pub use model::Model;

/// Makes the function; the clients are made once and shared by all invocations.
#[must_use]
pub fn function(config: Config) -> Function {
    let Config { tables, wake_queue_urls, socket_endpoint, providers, models, sdk, .. } = config;
    let wakes = bus::Wakes::connect(&sdk, wake_queue_urls);
    let worker = Worker {
        ports: Ports {
            chats: store::Chats::connect(&sdk, &tables.chats, SystemClock),
            directory: store::Directory::connect(&sdk, &tables.directory, SystemClock),
            wakes: wakes.clone(),
            sockets: bus::Sockets::connect(&sdk, &socket_endpoint),
            clock: SystemClock,
        },
        model: Model::new(providers),
        catalogue: models.all().cloned().map(Arc::new).collect(),
        recent: Recent::default(),
    };
    let worker = Arc::new(worker);
    edge::serve::metered("step", move |event, invocation| {
        let (worker, wakes) = (Arc::clone(&worker), wakes.clone());
        async move { handle(&worker, &wakes, event, invocation).await }
    })
}
