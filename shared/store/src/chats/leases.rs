//! Renews a lease.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use chat::{
    id::ChatId,
    port::{KeepLeases, Renewal, Unavailable},
};

use super::Chats;
use crate::{
    codec::{self, bytes, number},
    key,
    row::{self, DUE_AT, GONE, LEASE_OWNER, LEASE_UNTIL, PROGRESS},
    table::failed,
    update::Updating,
};

impl KeepLeases for Chats {
    async fn renew(&self, chat_id: ChatId, renewal: Renewal) -> Result<bool, Unavailable> {
        let Renewal { lease, progress, due_at } = renewal;
        let mut update = Updating::default();
        update.set(LEASE_UNTIL, number(lease.until.0));
        update.set(PROGRESS, row::progress(progress));
        if let Some(due_at) = due_at {
            update.set(DUE_AT, number(due_at.0));
        }
        update.equal(LEASE_OWNER, bytes(lease.worker.0.into_bytes()));
        update.absent(GONE);
        let key = codec::key("chat", key::partition(chat_id), key::CHAT);
        match self.table.update(key, &update).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                Some(_) | None => Err(failed(error)),
            },
        }
    }
}
