//! Chats, on the `chats` table.

mod batch;
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
    clock: Arc<dyn Clock>,
}

impl Chats {
    /// Makes the adapter of a table. The client's configuration bounds how long each call takes.
    pub fn new(client: Client, table: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self { table: Table::new(&client, table.into()), clock }
    }
}
