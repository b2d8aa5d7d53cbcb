#![doc = include_str!("../README.md")]

mod auth;
mod call;
mod conversation;
mod events;
mod message;
mod oauth;
mod outcome;
mod refresh;
mod session;
mod sse;
mod stateless;
mod streamable;
mod trouble;
mod web;
mod wire;

use std::sync::Arc;

use bus::servers::ServerDelivery;
use chat::{
    account::{Note, note},
    port::{
        ClaimCalls, Clock, CommitChats, KeepCatalogue, KeepGrants, OpenSecrets, ReadChats, ReadReceipts,
        SealSecrets, Unavailable,
    },
    wake::Errand,
};
use edge::{Config, Function, FunctionError};
use serde_json::Value;
use turn::{Announce, Ports, catalogue::Catalogues};

pub use web::Web;

/// What the function needs of the world, besides tool servers.
pub trait McpPorts:
    ReadChats + CommitChats + ReadReceipts + ClaimCalls + KeepCatalogue + KeepGrants + Announce + Clock
{
}

impl<P> McpPorts for P where
    P: ReadChats + CommitChats + ReadReceipts + ClaimCalls + KeepCatalogue + KeepGrants + Announce + Clock
{
}

/// What seals and opens secrets.
pub trait Keys: SealSecrets + OpenSecrets {}

impl<P> Keys for P where P: SealSecrets + OpenSecrets {}

/// What the function holds; built once.
#[derive(Clone, Debug)]
pub struct App<P, S> {
    /// The ports.
    pub ports: P,
    /// For secrets.
    pub keys: S,
    /// What is offered.
    pub catalogues: Catalogues,
    /// How servers are reached.
    pub web: Web,
}

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let Config {
        tables,
        wake_queue_urls,
        socket_endpoint,
        presets,
        seal_key,
        base_urls,
        sdk,
        tls,
        clock,
        ..
    } = config;
    let keys = seal::Keys::connect(&sdk, seal_key.as_deref().unwrap_or_default(), clock.clone());
    let ports = Ports {
        chats: store::Chats::connect(&sdk, &tables.chats, clock.clone()),
        directory: store::Directory::connect(&sdk, &tables.directory, clock.clone()),
        wakes: bus::Wakes::connect(&sdk, wake_queue_urls),
        sockets: bus::Sockets::connect(&sdk, &socket_endpoint),
        clock,
    };
    let app =
        Arc::new(App { ports, keys, catalogues: Catalogues::new(presets), web: Web::new(base_urls, tls) });
    edge::serve::events("mcp", move |event, _| {
        let app = Arc::clone(&app);
        async move { handle(&app, event).await }
    })
}

/// Does each errand of the event and answers which of them are to be delivered again.
///
/// # Errors
/// The event is not the queue's.
pub async fn handle<P: McpPorts, S: Keys>(app: &App<P, S>, event: Value) -> Result<Value, FunctionError> {
    let failed =
        |error_type, error: serde_json::Error| FunctionError { error_type, message: error.to_string() };
    let deliveries = bus::servers::read(event).map_err(|error| failed("BadEvent", error))?;
    let mut again = Vec::new();
    for delivery in deliveries {
        if let Err(error) = run(app, &delivery).await {
            note(Note::Outcome, "again");
            note(Note::Error, error);
            again.push(delivery.message_id);
        }
    }
    bus::delivery::again(again).map_err(|error| failed("BadReply", error))
}

async fn run<P: McpPorts, S: Keys>(app: &App<P, S>, delivery: &ServerDelivery) -> Result<(), Unavailable> {
    match &delivery.errand {
        Ok(Errand::Call(token)) => {
            note(Note::Chat, token.chat_id);
            Box::pin(call::run(app, token)).await
        }
        Ok(Errand::Refresh(id)) => Box::pin(refresh::run(app, *id)).await,
        Err(poison) => {
            note(Note::Outcome, "dropped");
            note(Note::Error, poison);
            Ok(())
        }
    }
}
