//! People, their secrets, their sockets and machines, and what is offered to them, on the `directory` table.

mod agents;
mod bound;
mod catalogue;
mod checkouts;
mod grants;
mod sockets;
mod spend;
mod tickets;
mod tokens;
mod workspaces;

use std::sync::Arc;

use aws_sdk_dynamodb::{
    Client,
    error::{BuildError, SdkError},
    operation::transact_write_items::TransactWriteItemsError as TransactError,
    types::TransactWriteItem,
};
use chat::{
    id::{OrgId, UserId},
    port::{Clock, Kept, Person, Unavailable},
};

use crate::{
    codec::{self, Item, bytes, unreadable},
    table::{Table, failed},
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

    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Kept, Unavailable> {
        let sent = self.table.client.transact_write_items().set_transact_items(Some(writes)).send().await;
        match sent {
            Ok(_) => Ok(Kept::Done),
            Err(error) if was_overtaken(&error) => Ok(Kept::Overtaken),
            Err(error) => Err(failed(error)),
        }
    }
}

/// A condition failed, or another transaction was at the same items: either way somebody else was quicker.
fn was_overtaken(error: &SdkError<TransactError>) -> bool {
    let Some(TransactError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return false;
    };
    let codes = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
    codes.into_iter().any(|code| matches!(code, "ConditionalCheckFailed" | "TransactionConflict"))
}

fn incomplete(error: BuildError) -> Unavailable {
    unreadable(error.to_string())
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
