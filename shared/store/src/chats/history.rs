//! Reads runs of messages.

use chat::{
    message::Message,
    port::{Order, Range, ReadHistory, Unavailable},
};

use super::Chats;
use crate::{items::Messages, key, table::failed};

impl ReadHistory for Chats {
    async fn messages(&self, range: Range) -> Result<Vec<Message>, Unavailable> {
        if range.first > range.last || range.limit == 0 {
            return Ok(Vec::new());
        }
        let (first, last) = (key::message(range.first), key::message_end(range.last));
        let query = self.table.between("chat", key::partition(range.chat_id), first, last);
        let query = query.scan_index_forward(range.order == Order::Ascending);
        let mut messages = Messages::default();
        let mut from = None;
        // Ends with the range: every page moves on in it.
        while messages.len() < range.limit {
            let wanted = i32::try_from(range.limit - messages.len()).unwrap_or(i32::MAX);
            let query = query.clone().limit(wanted).set_exclusive_start_key(from);
            let page = query.send().await.map_err(failed)?;
            page.items.unwrap_or_default().into_iter().try_for_each(|item| messages.push(item))?;
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        Ok(messages.into_complete())
    }
}
