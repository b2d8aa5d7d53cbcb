#![doc = include_str!("../README.md")]

mod change;
mod context;
mod create;
mod delete;
mod fields;
mod fork;
mod health;
mod list;
mod lister;
mod patch;
mod read;
mod read_marker;
mod reconcile;
mod ticket;
mod workspace;

use std::sync::Arc;

use chat::port::{
    Clock, CommitChats, CommitFamilies, KeepTickets, ListChats, ListChildren, PinChats, ReadCatalogue,
    ReadChats, ReadHistory, ReadReceipts, ReadWorkspaces,
};
use edge::{Config, Function, Rejection, Reply, Request};
use turn::{Announce, Ports, catalogue::Catalogues};

/// What changes of chats need of the world.
pub trait ChatPorts:
    ReadChats
    + CommitChats
    + CommitFamilies
    + ListChildren
    + ReadReceipts
    + ReadHistory
    + ReadCatalogue
    + ReadWorkspaces
    + PinChats
    + Announce
    + Clock
{
}

impl<P> ChatPorts for P where
    P: ReadChats
        + CommitChats
        + CommitFamilies
        + ListChildren
        + ReadReceipts
        + ReadHistory
        + ReadCatalogue
        + ReadWorkspaces
        + PinChats
        + Announce
        + Clock
{
}

/// What the function holds; built once.
#[derive(Clone, Debug)]
pub struct App<P, L, T> {
    /// For changes.
    pub ports: P,
    /// For lists.
    pub lists: L,
    /// For tickets.
    pub tickets: T,
    /// The models that chats may use.
    pub catalogues: Catalogues,
}

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let Config { tables, wake_queue_urls, socket_endpoint, presets, sdk, clock, .. } = config;
    let chats = store::Chats::connect(&sdk, &tables.chats, clock.clone());
    let directory = store::Directory::connect(&sdk, &tables.directory, clock.clone());
    let ports = Ports {
        chats: chats.clone(),
        directory: directory.clone(),
        wakes: bus::Wakes::connect(&sdk, wake_queue_urls),
        sockets: bus::Sockets::connect(&sdk, &socket_endpoint),
        clock,
    };
    serve(App { ports, lists: chats, tickets: directory, catalogues: Catalogues::new(presets) })
}

/// Makes the function of what it holds.
pub fn serve<P, L, T>(app: App<P, L, T>) -> Function
where
    P: ChatPorts + 'static,
    L: ListChats + ListChildren + 'static,
    T: KeepTickets + 'static,
{
    let app = Arc::new(app);
    edge::serve::http("chats", move |request| {
        let app = Arc::clone(&app);
        async move { route(&app, &request).await }
    })
}

async fn route<P: ChatPorts, L: ListChats + ListChildren, T: KeepTickets>(
    app: &App<P, L, T>,
    request: &Request,
) -> Result<Reply, Rejection> {
    match request.route.as_str() {
        "GET /v1/health" => return Ok(health::run()),
        // The API's own fallback: nobody has been asked who is calling.
        "$default" => return Err(Rejection::NotFound("route")),
        _ => {}
    }
    let (App { ports, lists, tickets, catalogues }, person) = (app, request.person()?);
    match request.route.as_str() {
        "POST /v1/chats" => create::run(ports, catalogues, person, request).await,
        "GET /v1/chats" => list::run(lists, person, request).await,
        "GET /v1/chats/{chat}" => read::run(ports, person, request).await,
        "PATCH /v1/chats/{chat}" => patch::run(ports, person, request).await,
        "DELETE /v1/chats/{chat}" => delete::run(ports, person, request).await,
        "PUT /v1/chats/{chat}/context" => context::run(ports, person, request).await,
        "POST /v1/chats/{chat}/reconcile" => reconcile::run(ports, person, request).await,
        "POST /v1/chats/{chat}/fork" => fork::run(ports, person, request).await,
        "POST /v1/chats/{chat}/read" => read_marker::run(ports, person, request).await,
        "POST /v1/socket-tickets" => ticket::run(tickets, ports, person, request).await,
        _ => Err(Rejection::NotFound("route")),
    }
}
