//! Renews a lease.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use chat::{
    id::ChatId,
    port::{KeepLeases, Unavailable},
    record::{Lease, Progress},
};

use super::Chats;
use crate::{
    codec::{self, bytes, number},
    key,
    row::{self, GONE, LEASE_OWNER, LEASE_UNTIL, PROGRESS},
    table::failed,
    update::Updating,
};

impl KeepLeases for Chats {
    async fn renew(&self, chat_id: ChatId, lease: Lease, progress: Progress) -> Result<bool, Unavailable> {
        let mut renewal = Updating::default();
        renewal.set(LEASE_UNTIL, number(lease.until.0));
        renewal.set(PROGRESS, row::progress(progress));
        renewal.equal(LEASE_OWNER, bytes(lease.worker.0.into_bytes()));
        renewal.absent(GONE);
        let key = codec::key("chat", key::partition(chat_id), key::CHAT);
        match self.table.update(key, &renewal).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                Some(_) | None => Err(failed(error)),
            },
        }
    }
}
