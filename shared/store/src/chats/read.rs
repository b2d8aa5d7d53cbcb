//! Reads a chat with its queue and its ledger as one state.

use std::collections::HashMap;

use chat::{
    call::Call,
    id::{CallId, ChatId, QueuedId},
    message::QueuedMessage,
    port::{ReadChats, Unavailable},
    record::{Chat, Snapshot, Spec},
};

use super::Chats;
use crate::{
    codec::{self, unreadable},
    items, key, row,
    table::{all, failed},
};

/// How often a state is read again that a write got into; each needs another write at the same moment.
const READS: usize = 5;

impl ReadChats for Chats {
    async fn snapshot(&self, chat_id: ChatId) -> Result<Option<Snapshot>, Unavailable> {
        for _ in 0..READS {
            let Some((chat, calls)) = self.with_ledger(chat_id).await? else { return Ok(None) };
            let queue = if chat.queue.is_empty() { HashMap::new() } else { self.queue(chat_id).await? };
            if let Some(snapshot) = one_state(chat, calls, queue) {
                return Ok(Some(snapshot));
            }
        }
        Err(unreadable(format!("chat {chat_id} is written faster than it can be read")))
    }

    async fn spec(&self, chat_id: ChatId) -> Result<Spec, Unavailable> {
        let key = codec::key("chat", key::partition(chat_id), key::SPEC);
        let found = self.table.get(key).send().await.map_err(failed)?;
        found.item.as_ref().map(items::spec).transpose().map(Option::unwrap_or_default)
    }
}

impl Chats {
    async fn with_ledger(
        &self,
        chat_id: ChatId,
    ) -> Result<Option<(Chat, HashMap<CallId, Call>)>, Unavailable> {
        let query = self.table.between("chat", key::partition(chat_id), key::CALLS, key::CHAT);
        let mut found = all(query).await?;
        // The chat's item sorts last.
        let Some(last) = found.pop_if(|item| codec::name(item) == key::CHAT) else { return Ok(None) };
        let Some(chat) = row::read(&last)? else { return Ok(None) };
        let calls = found.iter().map(items::call);
        let calls = calls.map(|call| call.map(|call| (call.call.tool_call_id.clone(), call)));
        Ok(Some((chat, calls.collect::<Result<_, _>>()?)))
    }

    async fn queue(&self, chat_id: ChatId) -> Result<HashMap<QueuedId, QueuedMessage>, Unavailable> {
        let end = key::queued(QueuedId(u64::MAX));
        let query = self.table.between("chat", key::partition(chat_id), key::QUEUE, end);
        let queued = all(query).await?;
        let queued = queued.iter().map(items::queued);
        queued.map(|queued| queued.map(|queued| (queued.id, queued))).collect()
    }
}

/// Puts together what the row names. None: the items are of different writes.
fn one_state(
    chat: Chat,
    mut calls: HashMap<CallId, Call>,
    mut queued: HashMap<QueuedId, QueuedMessage>,
) -> Option<Snapshot> {
    let queue = chat.queue.iter().map(|entry| queued.remove(&entry.id)).collect::<Option<_>>()?;
    let parked = chat.calls.iter().filter(|call| call.deadline_at.is_some());
    let ledger = parked.map(|open| {
        let entry = calls.remove(&open.id);
        entry.filter(|entry| entry.result.is_some() == open.answered)
    });
    let ledger = ledger.collect::<Option<_>>()?;
    Some(Snapshot { chat, queue, ledger })
}
