//! Which chats have calls out on which workspace.

use chat::{
    id::{ChatId, WorkspaceId},
    limit::BOUND_CHATS,
    port::{BindChats, Unavailable},
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
        self.table.put(item).send().await.map(drop).map_err(failed)
    }

    async fn bound(&self, id: WorkspaceId) -> Result<Vec<ChatId>, Unavailable> {
        let query = self.table.between("key", key::workspace(id), key::BOUND, key::BOUND_END);
        let now = self.clock.now();
        let mut bound = Vec::new();
        for item in all(query).await? {
            codec::check_version(&item)?;
            if !codec::is_expired(&item, now)? {
                bound.push(chat_id(&item)?);
            }
        }
        bound.truncate(BOUND_CHATS);
        Ok(bound)
    }
}

fn chat_id(item: &Item) -> Result<ChatId, Unavailable> {
    let id = codec::name(item).strip_prefix(key::BOUND).and_then(|id| id.parse().ok());
    id.ok_or_else(|| codec::missing(item, "item"))
}
