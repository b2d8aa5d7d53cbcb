//! Removes items.

use aws_sdk_dynamodb::types::{Delete, DeleteRequest, TransactWriteItem, WriteRequest};
use chat::port::Unavailable;

use super::{Table, failed};
use crate::codec::{Item, unreadable};

/// Items that one batch writes.
const BATCH_ITEMS: usize = 25;
/// How often what a batch left out is written again.
const BATCHES: usize = 5;

impl Table {
    /// Removes an item, by a transaction of one: that is twice the price of what is seldom done, where each kind of request
    /// is 30 KB of every function. A batch is not: whoever may write one may put anything.
    pub(crate) async fn remove(&self, key: Item) -> Result<(), Unavailable> {
        let delete = Delete::builder().table_name(&*self.name).set_key(Some(key)).build();
        let delete = delete.map_err(|error| unreadable(error.to_string()))?;
        let write = TransactWriteItem::builder().delete(delete).build();
        self.client.transact_write_items().transact_items(write).send().await.map(drop).map_err(failed)
    }

    /// Removes the items with these keys, in batches.
    pub(crate) async fn remove_all(&self, keys: &[Item]) -> Result<(), Unavailable> {
        for batch in keys.chunks(BATCH_ITEMS) {
            let requests = batch.iter().map(removing).collect::<Result<_, _>>()?;
            self.write_batch(requests).await?;
        }
        Ok(())
    }

    async fn write_batch(&self, mut requests: Vec<WriteRequest>) -> Result<(), Unavailable> {
        for _ in 0..BATCHES {
            let batch = self.client.batch_write_item().request_items(&*self.name, requests);
            let page = batch.send().await.map_err(failed)?;
            match page.unprocessed_items.unwrap_or_default().remove(&*self.name) {
                Some(left) => requests = left,
                None => return Ok(()),
            }
        }
        Err(unreadable("batches stay incomplete"))
    }
}

fn removing(key: &Item) -> Result<WriteRequest, Unavailable> {
    let delete = DeleteRequest::builder().set_key(Some(key.clone())).build();
    let delete = delete.map_err(|error| unreadable(error.to_string()))?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}
