//! Removes what a deleted chat leaves behind.
//!
//! Messages that forks show stay, and then so does the row, reduced to a tombstone: nothing can be written
//! under its id again. The row goes last, so that whoever begins again finds where to go on.

use chat::{
    id::{ChatId, MessageId},
    port::{EraseChats, Unavailable},
};

use super::Chats;
use crate::{
    codec::{self, Item, number, text},
    key,
    row::{FORKED, GONE},
    table::failed,
};

/// Items that one call removes at most; with batches of 25 that is well within a function's time.
const ITEMS: usize = 500;

impl EraseChats for Chats {
    async fn erase(&self, chat_id: ChatId) -> Result<bool, Unavailable> {
        let row = codec::key("chat", key::partition(chat_id), key::CHAT);
        let Some(found) = self.table.get(row.clone()).send().await.map_err(failed)?.item else {
            return Ok(true);
        };
        if !found.contains_key(GONE) {
            return Ok(true);
        }
        let shown = MessageId(codec::find_number(&found, FORKED)?.unwrap_or(0));
        let left = self.leftovers(chat_id, shown).await?;
        self.table.remove_all(&left).await?;
        if left.len() >= ITEMS {
            return Ok(false);
        }
        self.bury(row, shown).await?;
        Ok(true)
    }
}

impl Chats {
    /// Returns the keys of what must go, up to the bound.
    async fn leftovers(&self, chat_id: ChatId, shown: MessageId) -> Result<Vec<Item>, Unavailable> {
        let after_shown = if shown == MessageId(0) { "msg#".to_owned() } else { key::message_end(shown) };
        let runs = [
            // The chat's own item lies between the first two.
            (key::CALLS.to_owned(), "call$".to_owned()),
            (key::LISTENERS.to_owned(), "msg".to_owned()),
            (after_shown, "~".to_owned()),
        ];
        let mut left = Vec::new();
        for (first, last) in runs {
            let mut from = None;
            while left.len() < ITEMS {
                let wanted = i32::try_from(ITEMS - left.len()).unwrap_or(i32::MAX);
                let query = self.table.between("chat", key::partition(chat_id), &first, &last).limit(wanted);
                let query = query.projection_expression("#p,#i").set_exclusive_start_key(from);
                let page = query.send().await.map_err(failed)?;
                left.extend(page.items.unwrap_or_default());
                from = page.last_evaluated_key;
                if from.is_none() {
                    break;
                }
            }
        }
        Ok(left)
    }

    async fn bury(&self, row: Item, shown: MessageId) -> Result<(), Unavailable> {
        if shown == MessageId(0) {
            return self.table.remove(row).await;
        }
        let mut tombstone = row;
        tombstone.insert(codec::VERSION.into(), codec::newest());
        tombstone.insert(GONE.into(), text("1"));
        tombstone.insert(FORKED.into(), number(shown.0));
        self.table.put(tombstone).send().await.map(drop).map_err(failed)
    }
}
