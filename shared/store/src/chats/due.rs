//! Finds chats that somebody must look at.

use std::ops::RangeInclusive;

use chat::{
    id::ChatId,
    port::{ListDue, Unavailable},
    time::Timestamp,
};

use super::{Chats, list::chat_id};
use crate::{
    codec::{Item, get_number, number},
    table::failed,
};

impl ListDue for Chats {
    async fn due(
        &self,
        shard: u8,
        then: RangeInclusive<Timestamp>,
        limit: usize,
    ) -> Result<Vec<(ChatId, Timestamp)>, Unavailable> {
        let page = self
            .table
            .query()
            .index_name("due")
            .key_condition_expression("#s = :s AND #at BETWEEN :from AND :to")
            .expression_attribute_names("#s", "due_shard")
            .expression_attribute_names("#at", "due_at")
            .expression_attribute_values(":s", number(shard.into()))
            .expression_attribute_values(":from", number(then.start().0))
            .expression_attribute_values(":to", number(then.end().0))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let found = page.send().await.map_err(failed)?.items.unwrap_or_default();
        found.iter().map(since).collect()
    }
}

fn since(item: &Item) -> Result<(ChatId, Timestamp), Unavailable> {
    Ok((chat_id(item)?, Timestamp(get_number(item, "due_at")?)))
}
