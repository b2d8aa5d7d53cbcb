#![doc = include_str!("../README.md")]

mod change;
mod clear;
mod compact;
mod delete_queued;
mod edit;
mod edit_queued;
mod interrupt;
mod list;
mod promote;
mod send;
mod tool_results;

use std::sync::Arc;

use chat::port::{Clock, CommitChats, ReadCatalogue, ReadChats, ReadHistory, ReadReceipts};
use edge::{Config, Function, Rejection, Reply, Request};
use turn::{Announce, Ports, catalogue::Catalogues};

/// What the function needs of the world.
pub trait MessagePorts:
    ReadChats + CommitChats + ReadReceipts + ReadHistory + ReadCatalogue + Announce + Clock + Send + Sync
{
}

impl<P> MessagePorts for P where
    P: ReadChats + CommitChats + ReadReceipts + ReadHistory + ReadCatalogue + Announce + Clock + Send + Sync
{
}

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let Config { tables, wake_queue_urls, socket_endpoint, presets, sdk, clock, .. } = config;
    let ports = Ports {
        chats: store::Chats::connect(&sdk, &tables.chats, clock.clone()),
        directory: store::Directory::connect(&sdk, &tables.directory, clock.clone()),
        wakes: bus::Wakes::connect(&sdk, wake_queue_urls),
        sockets: bus::Sockets::connect(&sdk, &socket_endpoint),
        clock,
    };
    serve(ports, Catalogues::new(presets))
}

/// Makes the function of given ports.
pub fn serve<P: MessagePorts + 'static>(ports: P, catalogues: Catalogues) -> Function {
    let shared = Arc::new((ports, catalogues));
    edge::serve::http("messages", move |request| {
        let shared = Arc::clone(&shared);
        async move { route(&shared.0, &shared.1, &request).await }
    })
}

async fn route<P: MessagePorts>(
    ports: &P,
    catalogues: &Catalogues,
    request: &Request,
) -> Result<Reply, Rejection> {
    let person = request.person()?;
    match request.route.as_str() {
        "GET /v1/chats/{chat}/messages" => list::run(ports, person, request).await,
        "POST /v1/chats/{chat}/messages" => send::run(ports, catalogues, person, request).await,
        "PATCH /v1/chats/{chat}/messages/{id}" => edit::run(ports, catalogues, person, request).await,
        "PATCH /v1/chats/{chat}/queue/{id}" => edit_queued::run(ports, person, request).await,
        "DELETE /v1/chats/{chat}/queue/{id}" => delete_queued::run(ports, person, request).await,
        "POST /v1/chats/{chat}/queue/{id}/promote" => promote::run(ports, person, request).await,
        "POST /v1/chats/{chat}/tool-results" => tool_results::run(ports, person, request).await,
        "POST /v1/chats/{chat}/interrupt" => interrupt::run(ports, person, request).await,
        "POST /v1/chats/{chat}/compact" => compact::run(ports, person, request).await,
        "POST /v1/chats/{chat}/clear" => clear::run(ports, person, request).await,
        _ => Err(Rejection::NotFound("route")),
    }
}
