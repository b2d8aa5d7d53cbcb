#![doc = include_str!("../README.md")]

mod attend;
mod down;
mod gone;
mod up;

use std::sync::Arc;

use bus::machines::MachineDelivery;
use chat::{
    account::{Note, note},
    port::{
        BindChats, Clock, CommitChats, EnrolAgents, ForgetReports, KeepWorkspaces, ReadChats, ReadReceipts,
        ReadWorkspaces, Unavailable,
    },
    workspace::Template,
};
use edge::{Config, Function, FunctionError};
use machines::{Microvms, Provision};
use serde_json::Value;
use turn::{Announce, Ports};

/// What the function needs of the world, besides machines.
pub trait ProvisionPorts:
    ReadWorkspaces
    + KeepWorkspaces
    + EnrolAgents
    + ForgetReports
    + BindChats
    + ReadChats
    + CommitChats
    + ReadReceipts
    + Announce
    + Clock
{
}

impl<P> ProvisionPorts for P where
    P: ReadWorkspaces
        + KeepWorkspaces
        + EnrolAgents
        + ForgetReports
        + BindChats
        + ReadChats
        + CommitChats
        + ReadReceipts
        + Announce
        + Clock
{
}

/// What the function holds; built once.
#[derive(Clone, Debug)]
pub struct App<P, M> {
    /// The ports.
    pub ports: P,
    /// Who makes machines.
    pub machines: M,
    /// What workspaces are made from.
    pub templates: Vec<Template>,
    /// Where agents enrol.
    pub http_url: String,
}

/// After how many tries a maker that does not answer is given up.
const TRIES: u32 = 3;

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let Config { tables, wake_queue_urls, socket_endpoint, templates, http_url, sdk, clock, .. } = config;
    let ports = Ports {
        chats: store::Chats::connect(&sdk, &tables.chats, clock.clone()),
        directory: store::Directory::connect(&sdk, &tables.directory, clock.clone()),
        wakes: bus::Wakes::connect(&sdk, wake_queue_urls),
        sockets: bus::Sockets::connect(&sdk, &socket_endpoint),
        clock,
    };
    let http_url = http_url.unwrap_or_default();
    let app = Arc::new(App { ports, machines: Microvms::connect(&sdk), templates, http_url });
    edge::serve::events("provision", move |event, _| {
        let app = Arc::clone(&app);
        async move { handle(&app, event).await }
    })
}

/// Attends to each workspace of the event and answers which of them are to be delivered again.
///
/// # Errors
/// The event is not the queue's.
pub async fn handle<P: ProvisionPorts, M: Provision>(
    app: &App<P, M>,
    event: Value,
) -> Result<Value, FunctionError> {
    let failed =
        |error_type, error: serde_json::Error| FunctionError { error_type, message: error.to_string() };
    let deliveries = bus::machines::read(event).map_err(|error| failed("BadEvent", error))?;
    let mut again = Vec::new();
    for delivery in deliveries {
        if let Err(error) = attend(app, &delivery).await {
            note(Note::Outcome, "again");
            note(Note::Error, error);
            again.push(delivery.message_id);
        }
    }
    bus::delivery::again(again).map_err(|error| failed("BadReply", error))
}

async fn attend<P: ProvisionPorts, M: Provision>(
    app: &App<P, M>,
    delivery: &MachineDelivery,
) -> Result<(), Unavailable> {
    match &delivery.workspace_id {
        Ok(id) => {
            let is_last = delivery.receive_count.is_some_and(|count| count >= TRIES);
            let patience = if is_last { attend::Patience::Over } else { attend::Patience::Left };
            attend::run(app, *id, patience).await
        }
        Err(poison) => {
            note(Note::Outcome, "dropped");
            note(Note::Error, poison);
            Ok(())
        }
    }
}
