//! Finds an owner's chats, by the index over their activity.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use chat::{
    id::ChatId,
    port::{ListChats, ListPage, ListQuery, Unavailable},
    record::Chat,
};

use super::Chats;
use crate::{
    codec::{self, Item, text, unreadable},
    key, row,
    table::failed,
};

/// Items that one batch reads.
const BATCH_ITEMS: usize = 100;
/// How often what a batch left out is asked for again.
const BATCHES: usize = 5;

/// Whether a read shows what was written a moment ago; it costs twice as much then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consistency {
    Strong,
    Eventual,
}

impl ListChats for Chats {
    async fn list(&self, query: &ListQuery) -> Result<ListPage, Unavailable> {
        let mut entries = self.entries(query).await?;
        let more = entries.len() > query.limit;
        entries.truncate(query.limit);
        let next = entries.last().filter(|_| more).map(|(_, mark)| mark.clone());
        let ids: Vec<ChatId> = entries.iter().map(|(id, _)| *id).collect();
        let mut chats = self.chats(&ids, Consistency::Strong).await?;
        // The index follows the table; a chat may have been archived or deleted in between.
        chats.retain(|_, chat| chat.owner_id == query.owner_id && chat.archived == query.archived);
        let found = entries.into_iter().filter_map(|(id, mark)| chats.remove(&id).map(|chat| (chat, mark)));
        let (chats, marks) = found.unzip();
        Ok(ListPage { chats, marks, next })
    }
}

impl Chats {
    /// Returns one entry more than is wanted, if there is one: chats and where they end a page.
    async fn entries(&self, query: &ListQuery) -> Result<Vec<(ChatId, String)>, Unavailable> {
        let condition = match query.after {
            Some(_) => "#owner = :owner AND #activity > :after",
            None => "#owner = :owner",
        };
        let page = self
            .table
            .query()
            .index_name("by_owner")
            .key_condition_expression(condition)
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", text(row::owner(query.owner_id, query.archived)))
            .limit(i32::try_from(query.limit.saturating_add(1)).unwrap_or(i32::MAX));
        let page = match &query.after {
            Some(after) => page
                .expression_attribute_names("#activity", "activity")
                .expression_attribute_values(":after", text(after)),
            None => page,
        };
        let found = page.send().await.map_err(failed)?.items.unwrap_or_default();
        found.iter().map(|item| Ok((chat_id(item)?, codec::get_text(item, "activity")?.to_owned()))).collect()
    }

    /// Returns those of the chats that exist, without their queues and ledgers.
    pub(super) async fn chats(
        &self,
        ids: &[ChatId],
        consistency: Consistency,
    ) -> Result<HashMap<ChatId, Chat>, Unavailable> {
        let mut chats = HashMap::new();
        for batch in ids.chunks(BATCH_ITEMS) {
            let keys = batch.iter().map(|id| codec::key("chat", key::partition(*id), key::CHAT));
            for item in self.rows(keys.collect(), consistency).await? {
                chats.extend(row::read(&item)?.map(|chat| (chat.id, chat)));
            }
        }
        Ok(chats)
    }

    async fn rows(&self, keys: Vec<Item>, consistency: Consistency) -> Result<Vec<Item>, Unavailable> {
        let mut rows = Vec::new();
        let is_strong = consistency == Consistency::Strong;
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(is_strong).build();
        let mut wanted = wanted.map_err(|error| unreadable(error.to_string()))?;
        for _ in 0..BATCHES {
            let batch = self.table.client.batch_get_item().request_items(&*self.table.name, wanted);
            let page = batch.send().await.map_err(failed)?;
            rows.extend(page.responses.unwrap_or_default().into_values().flatten());
            match page.unprocessed_keys.unwrap_or_default().remove(&*self.table.name) {
                Some(left) => wanted = left,
                None => return Ok(rows),
            }
        }
        Err(unreadable("batches stay incomplete"))
    }
}

pub(super) fn chat_id(item: &Item) -> Result<ChatId, Unavailable> {
    codec::get_text(item, "chat")?.parse().map_err(|_| codec::missing(item, "chat"))
}
