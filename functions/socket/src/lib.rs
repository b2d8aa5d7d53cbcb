#![doc = include_str!("../README.md")]

mod action;
mod answer;
mod connect;
mod event;
mod subscribe;
mod watch;

use std::sync::Arc;

use chat::port::{
    Clock, KeepListeners, KeepSockets, Observe, ReadChats, ReadHistory, ReadParts, ReadWatchers, TellSockets,
};
use edge::{Config, Function, FunctionError, SystemClock};
use serde_json::{Value, json};
use turn::Ports;

use event::{Event, Route};

/// What the function needs of the world.
pub trait SocketPorts:
    ReadChats
    + ReadHistory
    + ReadParts
    + Observe
    + KeepListeners
    + KeepSockets
    + ReadWatchers
    + TellSockets
    + Clock
{
}

impl<P> SocketPorts for P where
    P: ReadChats
        + ReadHistory
        + ReadParts
        + Observe
        + KeepListeners
        + KeepSockets
        + ReadWatchers
        + TellSockets
        + Clock
{
}

/// How long a subscription is kept: the longest life of a socket, and some.
pub(crate) const KEPT_MS: u64 = (2 * 60 + 10) * 60_000;

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let Config { tables, socket_endpoint, sdk, .. } = config;
    let ports = Arc::new(Ports {
        chats: store::Chats::connect(&sdk, &tables.chats, SystemClock),
        directory: store::Directory::connect(&sdk, &tables.directory, SystemClock),
        wakes: (),
        sockets: bus::Sockets::connect(&sdk, &socket_endpoint),
        clock: SystemClock,
    });
    edge::serve::events("socket", move |event, _invocation| {
        let ports = Arc::clone(&ports);
        async move { handle(&*ports, event).await }
    })
}

/// Handles one event of the WebSocket API.
///
/// # Errors
/// The event is not the WebSocket API's.
pub async fn handle<P: SocketPorts>(ports: &P, event: Value) -> Result<Value, FunctionError> {
    let event = Event::read(event)?;
    let status = match event.route {
        Route::Connect => connect::connect(ports, &event).await,
        Route::Disconnect => connect::disconnect(ports, &event).await,
        Route::Message => action::message(ports, &event).await,
    };
    Ok(json!({ "statusCode": status }))
}
