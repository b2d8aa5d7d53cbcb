#![doc = include_str!("../README.md")]

mod kill;
mod list;

use std::sync::Arc;

use chat::port::{Clock, CommitChats, ListChildren, ListLive, ReadChats, ReadParts, ReadReceipts};
use edge::{Config, Function, Rejection, Reply, Request};
use turn::{Announce, Ports};

/// What ending a run needs of the world.
pub trait KillPorts:
    ReadChats + CommitChats + ReadParts + ReadReceipts + ListChildren + Announce + Clock
{
}

impl<P> KillPorts for P where
    P: ReadChats + CommitChats + ReadParts + ReadReceipts + ListChildren + Announce + Clock
{
}

/// What the function holds; built once.
#[derive(Clone, Debug)]
pub struct App<P, L> {
    /// For kills.
    pub ports: P,
    /// For the list.
    pub live: L,
}

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let Config { tables, wake_queue_urls, socket_endpoint, sdk, clock, .. } = config;
    let chats = store::Chats::connect(&sdk, &tables.chats, clock.clone());
    let ports = Ports {
        chats: chats.clone(),
        directory: store::Directory::connect(&sdk, &tables.directory, clock.clone()),
        wakes: bus::Wakes::connect(&sdk, wake_queue_urls),
        sockets: bus::Sockets::connect(&sdk, &socket_endpoint),
        clock,
    };
    serve(App { ports, live: chats })
}

/// Makes the function of what it holds.
pub fn serve<P: KillPorts + 'static, L: ListLive + 'static>(app: App<P, L>) -> Function {
    let app = Arc::new(app);
    edge::serve::http("runs", move |request| {
        let app = Arc::clone(&app);
        async move { route(&app, &request).await }
    })
}

async fn route<P: KillPorts, L: ListLive>(app: &App<P, L>, request: &Request) -> Result<Reply, Rejection> {
    let (App { ports, live }, admin) = (app, request.admin()?);
    match request.route.as_str() {
        "GET /v1/runs" => list::run(live, ports.now(), request).await,
        "POST /v1/runs/{chat}/kill" => kill::run(ports, admin, request).await,
        _ => Err(Rejection::NotFound("route")),
    }
}
