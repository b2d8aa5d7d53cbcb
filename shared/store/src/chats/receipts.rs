//! Reads receipts.

use chat::port::{ReadReceipts, Receipt, Scope, Unavailable};

use super::Chats;
use crate::{codec, items, key, table::failed};

impl ReadReceipts for Chats {
    async fn receipt(&self, scope: Scope, key: &str) -> Result<Option<Receipt>, Unavailable> {
        let item = codec::key("chat", key::receipts(scope), key::receipt(key));
        let Some(item) = self.table.get(item).send().await.map_err(failed)?.item else { return Ok(None) };
        if codec::is_expired(&item, self.clock.now())? {
            return Ok(None);
        }
        items::receipt(&item, scope, key).map(Some)
    }
}
