//! Chats, on the `chats` table.

mod accept;
mod children;
mod claim;
mod commit;
mod due;
mod erase;
mod history;
mod leases;
mod list;
mod listeners;
mod live;
mod observe;
mod parts;
mod read;
mod receipts;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use chat::port::Clock;

use crate::table::Table;

/// The chats, on `DynamoDB`. Clones share the client.
#[derive(Clone)]
pub struct Chats {
    table: Table,
    /// The table that counts what is spent.
    directory: Option<Arc<str>>,
    clock: Arc<dyn Clock>,
}

impl Chats {
    /// Makes the adapter of a table. The client's configuration bounds how long each call takes.
    pub fn new(client: Client, table: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self { table: Table::new(&client, table.into()), directory: None, clock }
    }

    /// Has changes that bring a model's answer count what it cost, on the directory's table: with the same write, so
    /// that it is counted once. Without this such changes are refused.
    #[must_use]
    pub fn counting(self, directory: &str) -> Self {
        Self { directory: Some(directory.into()), ..self }
    }
}
