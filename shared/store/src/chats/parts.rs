//! Keeps streamed parts: one item for each flush.

use chat::{
    cursor::Episode,
    id::ChatId,
    part::Delta,
    port::{Flush, LogParts, ReadParts, Unavailable},
};

use super::Chats;
use crate::{
    items, key,
    table::{all, failed},
};

impl LogParts for Chats {
    async fn log(&self, flush: &Flush) -> Result<(), Unavailable> {
        self.table.put(items::of_flush(flush)?).send().await.map(drop).map_err(failed)
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
