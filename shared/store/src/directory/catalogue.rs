//! The catalogue, an item to each of its entries, and people's preferences, one item each.
//!
//! The edition stands before the entries: a query of the partition reads it first.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use chat::{
    catalogue::{Catalogue, Edited, Editions, Entry, EntryKey, Preferences},
    id::UserId,
    port::{KeepCatalogue, Kept, ReadCatalogue, ReadReceipts, Receipt, Scope, Unavailable},
};

use super::{Directory, incomplete};
use crate::{
    codec::{self, BODY, EXPIRES_AT, Item, VERSION, bytes, number, unreadable},
    items, key,
    table::{all, failed},
    update::Updating,
};

/// The sort key of a person's preferences.
const PREFERENCES: &str = "preferences";
/// How often a catalogue that changes while it is read is read again.
const ROUNDS: usize = 5;
/// The attribute that counts editions of the catalogue.
const OF_CATALOGUE: &str = "catalogue";
/// The attribute that counts editions of all preferences.
const OF_PREFERENCES: &str = "preferences";
/// The attribute of a person's own revision.
pub(super) const REVISION: &str = "revision";
/// Bodies larger than this are compressed.
const PLAIN_BYTES: usize = 4 * 1024;

impl ReadCatalogue for Directory {
    async fn editions(&self) -> Result<Editions, Unavailable> {
        let found = self.table.get(edition()).send().await.map_err(failed)?;
        found.item.as_ref().map_or_else(|| Ok(Editions::default()), editions)
    }

    async fn catalogue(&self) -> Result<Catalogue, Unavailable> {
        for _ in 0..ROUNDS {
            let query = self.table.between("key", key::CATALOGUE, key::EDITION, key::ENTRIES_END);
            let (mut version, mut entries) = (0, Vec::new());
            for item in all(query).await? {
                codec::check_version(&item)?;
                if codec::name(&item) == key::EDITION {
                    version = editions(&item)?.catalogue;
                } else {
                    entries.push(codec::unpack::<Entry>(codec::get_bytes(&item, BODY)?)?);
                }
            }
            // A query is no snapshot: an edit may have come in between.
            if self.editions().await?.catalogue == version {
                return Ok(Catalogue::of(version, entries));
            }
        }
        Err(unreadable("the catalogue is changing too fast"))
    }

    async fn preferences(&self, user_id: UserId) -> Result<Preferences, Unavailable> {
        let found = self.table.get(codec::key("key", key::user(user_id), PREFERENCES)).send().await;
        let Some(item) = found.map_err(failed)?.item else { return Ok(Preferences::default()) };
        codec::check_version(&item)?;
        codec::unpack(codec::get_bytes(&item, BODY)?)
    }
}

impl KeepCatalogue for Directory {
    async fn keep(&self, edited: &Edited, receipt: Option<&Receipt>) -> Result<Kept, Unavailable> {
        let version = edited.catalogue.version;
        let mut next = Updating::default();
        next.set(VERSION, codec::newest());
        next.set(OF_CATALOGUE, number(version));
        match version.saturating_sub(1) {
            0 => next.absent(OF_CATALOGUE),
            before => next.equal(OF_CATALOGUE, number(before)),
        }
        let next = next.in_transaction(&self.table.name, edition()).map_err(incomplete)?;
        let mut writes = vec![TransactWriteItem::builder().update(next).build()];
        for entry in &edited.puts {
            let mut item = codec::item("key", key::CATALOGUE, name(entry.key()));
            item.insert(BODY.into(), bytes(codec::pack(entry, PLAIN_BYTES)?));
            writes.push(self.putting(item, None)?);
        }
        for gone in &edited.deletes {
            let gone = codec::key("key", key::CATALOGUE, name(*gone));
            let delete = Delete::builder().table_name(&*self.table.name).set_key(Some(gone)).build();
            writes.push(TransactWriteItem::builder().delete(delete.map_err(incomplete)?).build());
        }
        if let Some(receipt) = receipt {
            writes.push(self.receipting(receipt)?);
        }
        self.transact(writes).await
    }

    async fn keep_preferences(
        &self,
        user_id: UserId,
        preferences: &Preferences,
    ) -> Result<Kept, Unavailable> {
        let mut item = codec::item("key", key::user(user_id), PREFERENCES);
        item.insert(BODY.into(), bytes(codec::pack(preferences, PLAIN_BYTES)?));
        item.insert(REVISION.into(), number(preferences.revision));
        let put = self.putting(item, Some(preferences.revision.saturating_sub(1)))?;
        let counted = Update::builder()
            .table_name(&*self.table.name)
            .set_key(Some(edition()))
            .update_expression("SET #v = :v ADD #p :one")
            .expression_attribute_names("#v", VERSION)
            .expression_attribute_names("#p", OF_PREFERENCES)
            .expression_attribute_values(":v", codec::newest())
            .expression_attribute_values(":one", number(1))
            .build()
            .map_err(incomplete)?;
        self.transact(vec![put, TransactWriteItem::builder().update(counted).build()]).await
    }
}

/// Receipts of requests that change no chat.
impl ReadReceipts for Directory {
    async fn receipt(&self, scope: Scope, key: &str) -> Result<Option<Receipt>, Unavailable> {
        let item = codec::key("key", key::receipts(scope), key::receipt(key));
        let Some(item) = self.table.get(item).send().await.map_err(failed)?.item else { return Ok(None) };
        if codec::is_expired(&item, self.clock.now())? {
            return Ok(None);
        }
        items::receipt(&item, scope, key).map(Some)
    }
}

impl Directory {
    /// A receipt is written once; after its expiry the key is free again, removed or not.
    pub(super) fn receipting(&self, receipt: &Receipt) -> Result<TransactWriteItem, Unavailable> {
        let put = Put::builder()
            .table_name(&*self.table.name)
            .set_item(Some(items::of_receipt("key", receipt)?))
            .condition_expression("attribute_not_exists(#i) OR #x <= :now")
            .expression_attribute_names("#i", "item")
            .expression_attribute_names("#x", EXPIRES_AT)
            .expression_attribute_values(":now", number(self.clock.now().as_secs()));
        Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
    }

    /// A put; of a revised item only if `before` is its revision, 0 for an item that is not there.
    fn putting(&self, item: Item, before: Option<u64>) -> Result<TransactWriteItem, Unavailable> {
        let put = Put::builder().table_name(&*self.table.name).set_item(Some(item));
        let put = match before {
            None => put,
            Some(0) => put
                .condition_expression("attribute_not_exists(#r)")
                .expression_attribute_names("#r", REVISION),
            Some(before) => put
                .condition_expression("#r = :before")
                .expression_attribute_names("#r", REVISION)
                .expression_attribute_values(":before", number(before)),
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
    }
}

fn edition() -> Item {
    codec::key("key", key::CATALOGUE, key::EDITION)
}

fn editions(item: &Item) -> Result<Editions, Unavailable> {
    codec::check_version(item)?;
    let counted = |attribute| Ok(codec::find_number(item, attribute)?.unwrap_or_default());
    Ok(Editions { catalogue: counted(OF_CATALOGUE)?, preferences: counted(OF_PREFERENCES)? })
}

fn name(entry: EntryKey) -> String {
    match entry {
        EntryKey::Provider(id) => format!("{}provider#{id}", key::ENTRIES),
        EntryKey::Model(id) => format!("{}model#{id}", key::ENTRIES),
        EntryKey::Settings => format!("{}settings", key::ENTRIES),
        EntryKey::Server(id) => format!("{}server#{id}", key::ENTRIES),
        EntryKey::Tools(id) => format!("{}tools#{id}", key::ENTRIES),
    }
}
