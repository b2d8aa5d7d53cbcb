//! All items of the chats table, a segment at a time, and their replacement on a condition.

use aws_sdk_dynamodb::{
    Client,
    operation::update_item::UpdateItemError,
    types::{ConsumedCapacity, ReturnConsumedCapacity},
};
use aws_types::SdkConfig;
use chat::port::Unavailable;

use crate::{
    codec::{Item, VERSION, unreadable},
    row::SNAPSHOT,
    stored::{Key, StoredItem},
    table::{Table, failed},
    update::Updating,
};

/// What a write costs at least, where a refusal does not say what it did.
const REFUSED_UNITS: f64 = 1.0;

/// The items of the chats table, whatever their shape. Every call says the capacity units that it used.
#[derive(Clone)]
pub struct Items {
    table: Table,
}

/// Some items of a segment.
#[derive(Clone, Debug)]
pub struct Page {
    /// The items.
    pub items: Vec<StoredItem>,
    /// Where the segment goes on; none at its end.
    pub next: Option<Key>,
    /// The capacity units used.
    pub units: f64,
}

/// Whether an item was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// It was.
    Done,
    /// It is not any more what was read. Nothing was written.
    Lost,
}

impl Items {
    /// Makes the adapter of a table. The client's configuration bounds how long each call takes.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(&client, table.into()) }
    }

    /// Makes the adapter of a table with a client of its own.
    #[must_use]
    pub fn connect(config: &SdkConfig, table: &str) -> Self {
        Self::new(Client::new(config), table)
    }

    /// Reads up to `limit` items of a segment, strongly consistent: what was written a moment ago counts.
    ///
    /// # Errors
    /// The table.
    pub async fn page(
        &self,
        (segment, segments): (u16, u16),
        after: Option<&Key>,
        limit: u16,
    ) -> Result<Page, Unavailable> {
        let scan = self.table.client.scan().table_name(&*self.table.name);
        let sent = scan
            .consistent_read(true)
            .segment(segment.into())
            .total_segments(segments.into())
            .limit(limit.into())
            .set_exclusive_start_key(after.map(Key::as_item))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send();
        let page = sent.await.map_err(failed)?;
        let units = units(page.consumed_capacity.as_ref());
        let next = page.last_evaluated_key.map(|key| StoredItem(key).key()).transpose()?;
        let items = page.items.unwrap_or_default().into_iter().map(StoredItem).collect();
        Ok(Page { items, next, units })
    }

    /// Reads an item, strongly consistent.
    ///
    /// # Errors
    /// The table.
    pub async fn get(&self, key: &Key) -> Result<(Option<StoredItem>, f64), Unavailable> {
        let get = self.table.get(key.as_item()).return_consumed_capacity(ReturnConsumedCapacity::Total);
        let found = get.send().await.map_err(failed)?;
        Ok((found.item.map(StoredItem), units(found.consumed_capacity.as_ref())))
    }

    /// Writes what differs between an item as it was read and as it shall be, if that and its versions are
    /// still what was read. What both have in common stays as it is now, a renewed lease for one.
    ///
    /// # Errors
    /// The table; it may have been written.
    pub async fn replace(
        &self,
        read: &StoredItem,
        wanted: &StoredItem,
    ) -> Result<(Replaced, f64), Unavailable> {
        let key = read.key()?;
        if wanted.key()? != key {
            return Err(unreadable(format!("item {} would change its key", key.item)));
        }
        let update = difference(&read.0, &wanted.0);
        let sent = self.table.update(key.as_item(), &update);
        match sent.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await {
            Ok(done) => Ok((Replaced::Done, units(done.consumed_capacity.as_ref()))),
            Err(error) => match error.as_service_error() {
                Some(
                    UpdateItemError::ConditionalCheckFailedException(_)
                    | UpdateItemError::TransactionConflictException(_),
                ) => Ok((Replaced::Lost, REFUSED_UNITS)),
                Some(_) | None => Err(failed(error)),
            },
        }
    }
}

fn units(consumed: Option<&ConsumedCapacity>) -> f64 {
    consumed.and_then(ConsumedCapacity::capacity_units).unwrap_or(0.0)
}

fn difference(read: &Item, wanted: &Item) -> Updating {
    let mut update = Updating::default();
    update.present("item");
    let mut compared = vec![SNAPSHOT, VERSION];
    for (attribute, value) in wanted {
        if read.get(attribute) != Some(value) {
            update.set(attribute, value.clone());
            compared.push(attribute);
        }
    }
    for attribute in read.keys().filter(|attribute| !wanted.contains_key(*attribute)) {
        update.remove(attribute);
        compared.push(attribute);
    }
    compared.sort_unstable();
    compared.dedup();
    for attribute in compared {
        match read.get(attribute) {
            Some(value) => update.equal(attribute, value.clone()),
            None => update.absent(attribute),
        }
    }
    update
}
