//! Keeps streamed parts: one item for each flush.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use chat::{
    cursor::Episode,
    id::ChatId,
    limit::EPISODE_BYTES,
    part::Delta,
    port::{AppendParts, Flush, LogParts, ReadParts, Unavailable},
    time::Timestamp,
};

use super::Chats;
use crate::{
    codec::{self, Item, number, unreadable},
    items, key,
    table::{all, failed},
};

/// How much an episode had when a part was appended, it included.
const SIZE: &str = "sz";
/// How often a part looks for its place anew.
const ROUNDS: usize = 16;

impl LogParts for Chats {
    async fn log(&self, flush: &Flush) -> Result<(), Unavailable> {
        self.table.put(items::of_flush(flush)?).send().await.map(drop).map_err(failed)
    }
}

impl AppendParts for Chats {
    async fn append(
        &self,
        chat_id: ChatId,
        episode: Episode,
        part: &Delta,
        expires_at: Timestamp,
    ) -> Result<Option<u64>, Unavailable> {
        for _ in 0..ROUNDS {
            let (last, held) = self.last_part(chat_id, episode).await?;
            let size = held + part.size_bytes() as u64;
            if size > EPISODE_BYTES as u64 {
                return Ok(None);
            }
            let flush =
                Flush { chat_id, episode, first_seq: last + 1, parts: vec![part.clone()], expires_at };
            let mut item = items::of_flush(&flush)?;
            item.insert(SIZE.into(), number(size));
            if self.put_new(item).await? {
                return Ok(Some(flush.first_seq));
            }
        }
        Err(unreadable("too many write parts at once"))
    }
}

impl Chats {
    /// Returns the place of an episode's last part, 0 for none, and how much the episode holds.
    async fn last_part(&self, chat_id: ChatId, episode: Episode) -> Result<(u64, u64), Unavailable> {
        let first = key::parts(episode);
        let last = format!("{first}~");
        let query = self.table.between("chat", key::partition(chat_id), first, last);
        let page = query.scan_index_forward(false).limit(1).send().await.map_err(failed)?;
        let Some(item) = page.items.unwrap_or_default().pop() else { return Ok((0, 0)) };
        let parts = items::flush(&item)?;
        let seq = parts.last().map_or(0, |(seq, _)| *seq);
        let own = parts.iter().map(|(_, part)| part.size_bytes() as u64).sum();
        Ok((seq, codec::find_number(&item, SIZE)?.unwrap_or(own)))
    }

    /// False: there is one of this name already.
    async fn put_new(&self, item: Item) -> Result<bool, Unavailable> {
        let put = self.table.put(item).condition_expression("attribute_not_exists(#i)");
        match put.expression_attribute_names("#i", "item").send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                Some(_) | None => Err(failed(error)),
            },
        }
    }
}

impl ReadParts for Chats {
    async fn parts(&self, chat_id: ChatId, episode: Episode) -> Result<Vec<(u64, Delta)>, Unavailable> {
        let first = key::parts(episode);
        // Behind every flush: digits sort before it.
        let last = format!("{first}~");
        let flushes = all(self.table.between("chat", key::partition(chat_id), first, last)).await?;
        let mut parts = Vec::new();
        for item in &flushes {
            parts.extend(items::flush(item)?);
        }
        Ok(without_gap(parts))
    }
}

/// Keeps the parts that follow each other from the first.
fn without_gap(parts: Vec<(u64, Delta)>) -> Vec<(u64, Delta)> {
    let mut next = 1;
    let mut kept = Vec::with_capacity(parts.len());
    for (seq, delta) in parts {
        if seq == next {
            kept.push((seq, delta));
            next += 1;
        } else if seq > next {
            break;
        }
    }
    kept
}
