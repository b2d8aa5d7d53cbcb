//! Removes many items at once.

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use chat::port::Unavailable;

use super::Chats;
use crate::{
    codec::{Item, unreadable},
    table::failed,
};

/// Items that one batch writes.
const BATCH_ITEMS: usize = 25;
/// How often what a batch left out is written again.
const BATCHES: usize = 5;

impl Chats {
    /// Removes the items with these keys, in batches.
    pub(super) async fn delete_all(&self, keys: &[Item]) -> Result<(), Unavailable> {
        for batch in keys.chunks(BATCH_ITEMS) {
            let requests = batch.iter().map(deleting).collect::<Result<_, _>>()?;
            self.write_batch(requests).await?;
        }
        Ok(())
    }

    async fn write_batch(&self, mut requests: Vec<WriteRequest>) -> Result<(), Unavailable> {
        for _ in 0..BATCHES {
            let batch = self.table.client.batch_write_item().request_items(&*self.table.name, requests);
            let page = batch.send().await.map_err(failed)?;
            match page.unprocessed_items.unwrap_or_default().remove(&*self.table.name) {
                Some(left) => requests = left,
                None => return Ok(()),
            }
        }
        Err(unreadable("batches stay incomplete"))
    }
}

fn deleting(key: &Item) -> Result<WriteRequest, Unavailable> {
    let delete = DeleteRequest::builder().set_key(Some(key.clone())).build();
    let delete = delete.map_err(|error| unreadable(error.to_string()))?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}
