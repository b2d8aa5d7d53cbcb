//! Reads runs of messages.
//!
//! Messages never change, and the chat's item says which there are. So a run is first read without the
//! price of strong consistency, which is half; only a run that is not complete is read again with it.

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
        let messages = self.run(range, Consistency::Eventual).await?;
        if is_complete(&messages, range) {
            return Ok(messages);
        }
        self.run(range, Consistency::Strong).await
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consistency {
    Eventual,
    Strong,
}

impl Chats {
    async fn run(&self, range: Range, consistency: Consistency) -> Result<Vec<Message>, Unavailable> {
        let (first, last) = (key::message(range.first), key::message_end(range.last));
        let query = self.table.between("chat", key::partition(range.chat_id), first, last);
        let query = query.consistent_read(consistency == Consistency::Strong);
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

/// Whether all ids of the range are there, or as many as were wanted, without a gap from where it begins.
fn is_complete(messages: &[Message], range: Range) -> bool {
    let ids = range.last.0.saturating_sub(range.first.0).saturating_add(1);
    let wanted = usize::try_from(ids).unwrap_or(usize::MAX).min(range.limit);
    let expected = |index: u64| match range.order {
        Order::Ascending => range.first.0.checked_add(index),
        Order::Descending => range.last.0.checked_sub(index),
    };
    messages.len() == wanted
        && (0..).zip(messages).all(|(index, message)| expected(index) == Some(message.id.0))
}
