#![doc = include_str!("../README.md")]

mod action;
mod answer;
mod connect;
mod subscribe;
mod watch;

use std::sync::Arc;

use chat::{
    port::{
        Clock, KeepListeners, KeepSockets, KeepWorkspaces, ReadChats, ReadHistory, ReadParts, ReadWatchers,
        ReadWorkspaces, TellSockets,
    },
    time::Timestamp,
};
use edge::{
    Config, Function, FunctionError,
    socket::{Event, Kind},
};
use serde_json::{Value, json};
use turn::Ports;

/// What the function needs of the world.
pub trait SocketPorts:
    ReadChats
    + ReadHistory
    + ReadParts
    + KeepListeners
    + KeepSockets
    + ReadWatchers
    + ReadWorkspaces
    + KeepWorkspaces
    + TellSockets
    + Clock
{
}

impl<P> SocketPorts for P where
    P: ReadChats
        + ReadHistory
        + ReadParts
        + KeepListeners
        + KeepSockets
        + ReadWatchers
        + ReadWorkspaces
        + KeepWorkspaces
        + TellSockets
        + Clock
{
}

/// How long a subscription is kept: the longest life of a socket, and some.
pub(crate) const KEPT_MS: u64 = (2 * 60 + 10) * 60_000;

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let Config { tables, socket_endpoint, sdk, clock, .. } = config;
    let ports = Arc::new(Ports {
        chats: store::Chats::connect(&sdk, &tables.chats, clock.clone()),
        directory: store::Directory::connect(&sdk, &tables.directory, clock.clone()),
        wakes: (),
        sockets: bus::Sockets::connect(&sdk, &socket_endpoint),
        clock,
    });
    edge::serve::events("socket", move |event, invocation| {
        let (ports, deadline) = (Arc::clone(&ports), Timestamp(invocation.deadline_ms));
        async move { handle(&*ports, event, deadline).await }
    })
}

/// Handles one event of the WebSocket API, and ends before `deadline`, when the host would kill it.
///
/// # Errors
/// The event is not the WebSocket API's.
pub async fn handle<P: SocketPorts>(
    ports: &P,
    event: Value,
    deadline: Timestamp,
) -> Result<Value, FunctionError> {
    let event = Event::read(event)?;
    let status = match event.kind {
        Kind::Connect => connect::connect(ports, &event).await,
        Kind::Disconnect => connect::disconnect(ports, &event).await,
        Kind::Message => action::message(ports, &event, deadline).await,
    };
    Ok(json!({ "statusCode": status }))
}
