//! Which chats have calls out on which workspace, and which keep what it says of how to work there.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use chat::{
    id::{ChatId, WorkspaceId},
    limit::{BOUND_CHATS, PINNED_CHATS},
    port::{BindChats, PinChats, Unavailable},
    time::Timestamp,
};

use super::Directory;
use crate::{
    codec::{self, EXPIRES_AT, Item, expiry},
    key,
    table::{all, failed},
};

impl BindChats for Directory {
    async fn bind(&self, id: WorkspaceId, chat_id: ChatId, until: Timestamp) -> Result<(), Unavailable> {
        let mut item = codec::item("key", key::workspace(id), key::bound(chat_id));
        item.insert(EXPIRES_AT.into(), expiry(until));
        let put = self.table.put(item).condition_expression("attribute_not_exists(#x) OR #x < :x");
        let put = put.expression_attribute_names("#x", EXPIRES_AT);
        match put.expression_attribute_values(":x", expiry(until)).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                Some(_) | None => Err(failed(error)),
            },
        }
    }

    async fn bound(&self, id: WorkspaceId) -> Result<Vec<ChatId>, Unavailable> {
        let query = self.table.between("key", key::workspace(id), key::BOUND, key::BOUND_END);
        let now = self.clock.now();
        let mut bound = Vec::new();
        for item in all(query).await? {
            codec::check_version(&item)?;
            if !codec::is_expired(&item, now)? {
                bound.push(chat_id(&item, key::BOUND)?);
            }
        }
        let oldest = bound.len().saturating_sub(BOUND_CHATS);
        bound.drain(..oldest);
        Ok(bound)
    }
}

impl PinChats for Directory {
    async fn pin(&self, id: WorkspaceId, chat_id: ChatId, until: Timestamp) -> Result<(), Unavailable> {
        let mut item = codec::item("key", key::workspace(id), key::pinned(chat_id));
        item.insert(EXPIRES_AT.into(), expiry(until));
        self.table.put(item).send().await.map(drop).map_err(failed)
    }

    async fn pinned(&self, id: WorkspaceId) -> Result<Vec<ChatId>, Unavailable> {
        let query = self.table.between("key", key::workspace(id), key::PINNED, key::PINNED_END);
        let newest = query.scan_index_forward(false).limit(i32::try_from(PINNED_CHATS).unwrap_or(i32::MAX));
        let (page, now) = (newest.send().await.map_err(failed)?, self.clock.now());
        let mut pinned = Vec::new();
        for item in page.items.unwrap_or_default() {
            codec::check_version(&item)?;
            if !codec::is_expired(&item, now)? {
                pinned.push(chat_id(&item, key::PINNED)?);
            }
        }
        Ok(pinned)
    }
}

fn chat_id(item: &Item, before: &str) -> Result<ChatId, Unavailable> {
    let id = codec::name(item).strip_prefix(before).and_then(|id| id.parse().ok());
    id.ok_or_else(|| codec::missing(item, "item"))
}
