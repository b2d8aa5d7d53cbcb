//! Removing deleted chats.

use chat::{
    id::{ChatId, MessageId},
    port::{EraseChats, Unavailable},
};

use super::{
    Memory,
    tables::{Partition, Tables},
};

impl EraseChats for Memory {
    async fn erase(&self, chat_id: ChatId) -> Result<bool, Unavailable> {
        self.call("erase", |tables, _| erase(tables, chat_id)).await?;
        Ok(true)
    }
}

fn erase(tables: &mut Tables, chat_id: ChatId) {
    let Some(partition) = tables.chats.get_mut(&chat_id) else { return };
    let Some(chat) = partition.chat.take_if(|chat| chat.deleted) else { return };
    let through = chat.forked_through;
    if through == MessageId(0) {
        tables.chats.remove(&chat_id);
        return;
    }
    let mut messages = std::mem::take(&mut partition.messages);
    messages.retain(|id, _| *id <= through);
    *partition = Partition { messages, tombstone: Some(through), ..Partition::default() };
}
