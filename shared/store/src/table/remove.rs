//! Removes items.

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use chat::port::Unavailable;

use super::{Table, failed};
use crate::codec::{Item, unreadable};

/// Items that one batch writes.
const BATCH_ITEMS: usize = 25;
/// How often what a batch left out is written again.
const BATCHES: usize = 5;

impl Table {
    /// Removes an item, by a batch of one: it costs the same, and each kind of request is 30 KB of a function.
    pub(crate) async fn remove(&self, key: Item) -> Result<(), Unavailable> {
        self.remove_all(&[key]).await
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
