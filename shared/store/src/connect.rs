//! The adapters as functions make them.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_types::SdkConfig;
use chat::port::Clock;

use crate::{Chats, Directory};

impl Chats {
    /// Makes the adapter of a table with a client of its own; `config` bounds how long each call takes.
    #[must_use]
    pub fn connect(config: &SdkConfig, table: &str, clock: impl Clock + 'static) -> Self {
        Self::new(Client::new(config), table, Arc::new(clock))
    }
}

impl Directory {
    /// Makes the adapter of a table with a client of its own; `config` bounds how long each call takes.
    #[must_use]
    pub fn connect(config: &SdkConfig, table: &str, clock: impl Clock + 'static) -> Self {
        Self::new(Client::new(config), table, Arc::new(clock))
    }
}
