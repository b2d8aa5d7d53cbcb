//! Finds chats that are not at rest: each of them is due at some time.

use chat::{
    id::ChatId,
    port::{ListLive, Live, Unavailable},
};
use futures::future::try_join_all;

use super::{
    Chats,
    list::{Consistency, chat_id},
};
use crate::{
    codec::{self, number},
    row::DUE_SHARDS,
    table::failed,
};

impl ListLive for Chats {
    async fn live(&self, limit: usize) -> Result<Live, Unavailable> {
        let mut entries =
            try_join_all((0..DUE_SHARDS).map(|shard| self.live_in(shard, limit))).await?.concat();
        entries.sort_unstable();
        let more = entries.len() > limit;
        entries.truncate(limit);
        let ids: Vec<ChatId> = entries.into_iter().map(|(_, id)| id).collect();
        let mut chats = self.chats(&ids, Consistency::Eventual).await?;
        // Some have come to rest meanwhile, and deleted ones stay in the index until they are erased.
        chats.retain(|_, chat| chat.due_at.is_some());
        Ok(Live { chats: ids.iter().filter_map(|id| chats.remove(id)).collect(), more })
    }
}

impl Chats {
    /// Returns one entry of a shard more than is wanted, if there is one: when a chat is due, and its id.
    async fn live_in(&self, shard: u8, limit: usize) -> Result<Vec<(u64, ChatId)>, Unavailable> {
        let page = self
            .table
            .query()
            .index_name("due")
            .key_condition_expression("#s = :s")
            .expression_attribute_names("#s", "due_shard")
            .expression_attribute_values(":s", number(shard.into()))
            .limit(i32::try_from(limit.saturating_add(1)).unwrap_or(i32::MAX));
        let found = page.send().await.map_err(failed)?.items.unwrap_or_default();
        found.iter().map(|item| Ok((codec::get_number(item, "due_at")?, chat_id(item)?))).collect()
    }
}
