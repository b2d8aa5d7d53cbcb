#![doc = include_str!("../README.md")]

mod ask;
mod look;
mod see;
mod tell;

use std::sync::Arc;

use bus::pulls::PullDelivery;
use chat::{
    account::{Note, note},
    port::{
        BindChats, Clock, CommitChats, KeepCheckouts, ReadChats, ReadCheckouts, ReadReceipts, ReadWorkspaces,
        SendPulls, Unavailable,
    },
};
use edge::{Config, Function, FunctionError};
use forge::{GitHub, Settings};
use rustls::ClientConfig;
use serde_json::Value;
use turn::{Announce, Ports};

/// What the function needs of the world, besides who keeps pull requests.
pub trait PullPorts:
    ReadWorkspaces
    + ReadCheckouts
    + KeepCheckouts
    + BindChats
    + ReadChats
    + CommitChats
    + ReadReceipts
    + SendPulls
    + Announce
    + Clock
{
}

impl<P> PullPorts for P where
    P: ReadWorkspaces
        + ReadCheckouts
        + KeepCheckouts
        + BindChats
        + ReadChats
        + CommitChats
        + ReadReceipts
        + SendPulls
        + Announce
        + Clock
{
}

/// What the function holds; built once.
#[derive(Clone, Debug)]
pub struct App<P> {
    /// The ports.
    pub ports: P,
    /// Who keeps pull requests, if anybody may be asked.
    pub github: Option<GitHub>,
}

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let github = config.github.as_ref().and_then(|told| github(told, config.tls.clone()));
    let Config { tables, wake_queue_urls, pulls_queue_url, socket_endpoint, sdk, clock, .. } = config;
    let pulls = bus::Pulls::connect(&sdk, pulls_queue_url.unwrap_or_default());
    let ports = Ports {
        chats: store::Chats::connect(&sdk, &tables.chats, clock.clone()),
        directory: store::Directory::connect(&sdk, &tables.directory, clock.clone()),
        wakes: bus::Wakes::connect(&sdk, wake_queue_urls).with_pulls(pulls),
        sockets: bus::Sockets::connect(&sdk, &socket_endpoint),
        clock,
    };
    let app = Arc::new(App { ports, github });
    edge::serve::events("pulls", move |event, _| {
        let app = Arc::clone(&app);
        async move { handle(&app, event).await }
    })
}

/// Working trees are looked at whether or not anybody can be asked about pull requests.
fn github(told: &edge::config::GitHub, tls: ClientConfig) -> Option<GitHub> {
    let token = told.token.as_ref().map(|token| token.reveal().to_owned());
    let settings = Settings { api_url: told.api_url.clone(), host: told.host.clone(), token };
    match GitHub::new(settings, tls) {
        Ok(github) => Some(github),
        Err(error) => {
            tracing::error!(%error, "nobody is asked about pull requests");
            None
        }
    }
}

/// Looks at each working tree of the event and answers which of them are to be delivered again.
///
/// # Errors
/// The event is not the queue's.
pub async fn handle<P: PullPorts>(app: &App<P>, event: Value) -> Result<Value, FunctionError> {
    let failed =
        |error_type, error: serde_json::Error| FunctionError { error_type, message: error.to_string() };
    let deliveries = bus::pulls::read(event).map_err(|error| failed("BadEvent", error))?;
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

async fn attend<P: PullPorts>(app: &App<P>, delivery: &PullDelivery) -> Result<(), Unavailable> {
    match &delivery.wake {
        Ok(wake) => look::run(app, wake).await,
        Err(poison) => {
            note(Note::Outcome, "dropped");
            note(Note::Error, poison);
            Ok(())
        }
    }
}
