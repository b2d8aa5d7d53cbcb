//! The project's functions, by their names in the template.

use anyhow::{Context, Result};
use edge::{Config, Function};
use rustls::ClientConfig;

use crate::host::{Functions, Wiring};

type Make = fn(Config) -> Function;

const FUNCTIONS: [(&str, Make); 15] = [
    ("Agent", agent::function),
    ("Authorize", authorize::function),
    ("Chats", chats::function),
    ("Mcp", mcp::function),
    ("Messages", messages::function),
    ("Migrate", migrate::function),
    ("Provision", provision::function),
    ("Pulls", pulls::function),
    ("Runs", runs::function),
    ("Settings", settings::function),
    ("Socket", socket::function),
    ("Step", step::function),
    ("Sweep", sweep::function),
    ("Titles", titles::function),
    ("Workspaces", workspaces::function),
];

/// Makes the functions from their crates.
///
/// # Errors
/// The template gives a function too little.
pub fn functions(wiring: &Wiring) -> Result<Functions> {
    let tls = tls()?;
    let made = FUNCTIONS.into_iter().map(|(name, make)| {
        let config = Config::hosted(&wiring.environment(name)?, wiring.http_client(name)?, tls.clone());
        Ok((name, make(config.context(name)?)))
    });
    made.collect()
}

/// A machine without certificates has services that speak plain HTTP, the rehearsal model among them.
fn tls() -> Result<ClientConfig> {
    edge::tls::client().or_else(|error| {
        tracing::warn!(%error, "nobody is trusted");
        Ok(edge::tls::nobody()?)
    })
}
