//! People, their secrets, their sockets and what is offered to them, on the `directory` table.

mod catalogue;
mod sockets;
mod spend;
mod tickets;
mod tokens;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use chat::{
    id::{OrgId, UserId},
    port::{Clock, Person, Unavailable},
};

use crate::{
    codec::{self, Item, bytes},
    table::Table,
};

/// The attribute of a person.
const USER: &str = "user";
/// The attribute of his organisation.
const ORG: &str = "org";

/// The directory, on `DynamoDB`. Clones share the client.
#[derive(Clone)]
pub struct Directory {
    table: Table,
    clock: Arc<dyn Clock>,
}

impl Directory {
    /// Makes the adapter of a table. The client's configuration bounds how long each call takes.
    pub fn new(client: Client, table: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self { table: Table::new(&client, table.into()), clock }
    }
}

fn of_person(partition: String, item: String, person: Person) -> Item {
    let mut item = codec::item("key", partition, item);
    item.insert(USER.into(), bytes(person.user_id.0.into_bytes()));
    item.insert(ORG.into(), bytes(person.org_id.0.into_bytes()));
    item
}

fn person(item: &Item) -> Result<Person, Unavailable> {
    codec::check_version(item)?;
    Ok(Person { user_id: UserId(codec::get_uuid(item, USER)?), org_id: OrgId(codec::get_uuid(item, ORG)?) })
}
