//! Finding chats.

use std::ops::RangeInclusive;

use chat::{
    id::ChatId,
    limit::FAMILY,
    port::{ListChats, ListChildren, ListDue, ListLive, ListPage, ListQuery, Live, Unavailable},
    record::Chat,
    time::Timestamp,
};

use super::{DUE_SHARDS, Memory, tables::Tables};

impl ListChats for Memory {
    async fn list(&self, query: &ListQuery) -> Result<ListPage, Unavailable> {
        self.call("list", |tables, _| list(tables, query)).await
    }
}

impl ListChildren for Memory {
    async fn children(&self, parent_id: ChatId) -> Result<Vec<ChatId>, Unavailable> {
        self.call("children", |tables, _| children(tables, parent_id).map(|chat| chat.id).collect()).await
    }

    async fn families(&self, parent_ids: &[ChatId]) -> Result<Vec<Chat>, Unavailable> {
        self.call("families", |tables, _| {
            let all = parent_ids.iter().flat_map(|id| children(tables, *id));
            all.filter(|chat| !chat.deleted).cloned().collect()
        })
        .await
    }
}

/// Those that are deleted and not erased yet included, as their parent still knows them.
fn children(tables: &Tables, parent_id: ChatId) -> impl Iterator<Item = &Chat> {
    let all = tables.chats.values().filter_map(|found| found.chat.as_ref());
    let mut mine: Vec<&Chat> = all.filter(|chat| chat.parent_chat_id == Some(parent_id)).collect();
    mine.sort_by_key(|chat| std::cmp::Reverse((chat.created_at, chat.id)));
    mine.into_iter().take(FAMILY)
}

impl ListDue for Memory {
    async fn due(
        &self,
        shard: u8,
        then: RangeInclusive<Timestamp>,
        limit: usize,
    ) -> Result<Vec<(ChatId, Timestamp)>, Unavailable> {
        self.call("due", |tables, _| due(tables, shard, &then, limit)).await
    }
}

impl ListLive for Memory {
    async fn live(&self, limit: usize) -> Result<Live, Unavailable> {
        self.call("live", |tables, _| live(tables, limit)).await
    }
}

fn live(tables: &Tables, limit: usize) -> Live {
    let chats = tables.chats.values().filter_map(|partition| partition.chat.as_ref());
    let mut chats: Vec<Chat> = chats.filter(|chat| !chat.deleted && chat.due_at.is_some()).cloned().collect();
    chats.sort_by_key(|chat| (chat.due_at, chat.id));
    let more = chats.len() > limit;
    chats.truncate(limit);
    Live { chats, more }
}

fn list(tables: &Tables, query: &ListQuery) -> ListPage {
    let wanted = |chat: &&Chat| {
        let is_theirs = chat.owner_id == query.owner_id && chat.archived == query.archived;
        is_theirs && chat.parent_chat_id.is_none() && !chat.deleted
    };
    let chats = tables.chats.values().filter_map(|partition| partition.chat.as_ref()).filter(wanted);
    let mut found: Vec<(String, &Chat)> = chats.map(|chat| (mark(chat), chat)).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.retain(|(mark, _)| query.after.as_ref().is_none_or(|after| mark > after));
    let more = found.len() > query.limit;
    found.truncate(query.limit);
    let marks: Vec<String> = found.iter().map(|(mark, _)| mark.clone()).collect();
    let next = marks.last().filter(|_| more).cloned();
    ListPage { chats: found.into_iter().map(|(_, chat)| chat.clone()).collect(), marks, next }
}

/// Sorts pinned chats first by their order, then all by newest activity.
fn mark(chat: &Chat) -> String {
    let pin = if chat.pin_order == 0 { u32::MAX } else { chat.pin_order };
    format!("{pin:010}#{:020}#{}", u64::MAX - chat.updated_at.0, chat.id)
}

fn due(
    tables: &Tables,
    shard: u8,
    then: &RangeInclusive<Timestamp>,
    limit: usize,
) -> Vec<(ChatId, Timestamp)> {
    let chats = tables.chats.values().filter_map(|partition| partition.chat.as_ref());
    let in_shard = chats.filter(|chat| (chat.id.0.as_bytes()[15] >> 2) % DUE_SHARDS == shard);
    let mut found: Vec<_> = in_shard.filter_map(|chat| chat.due_at.map(|due| (due, chat.id))).collect();
    found.retain(|(due, _)| then.contains(due));
    found.sort_unstable();
    found.into_iter().take(limit).map(|(due, id)| (id, due)).collect()
}
