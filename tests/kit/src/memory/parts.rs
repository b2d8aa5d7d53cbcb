//! Streamed parts, and who listens to them.

use std::{cmp::Reverse, collections::BTreeMap};

use chat::{
    cursor::Episode,
    id::{ChatId, ConnectionId},
    limit::{EPISODE_BYTES, LISTENERS},
    part::Delta,
    port::{AppendParts, Flush, KeepListeners, LogParts, Observe, Observed, ReadParts, Unavailable},
    time::Timestamp,
};

use super::{
    Memory,
    tables::{Tables, expired},
};

impl LogParts for Memory {
    async fn log(&self, flush: &Flush) -> Result<(), Unavailable> {
        self.call("log", |tables, _| {
            let parts = tables.partition(flush.chat_id).parts.entry(flush.episode).or_default();
            parts.extend((flush.first_seq..).zip(flush.parts.iter().cloned()));
        })
        .await
    }
}

impl AppendParts for Memory {
    async fn append(
        &self,
        chat_id: ChatId,
        episode: Episode,
        part: &Delta,
        _expires_at: Timestamp,
    ) -> Result<Option<u64>, Unavailable> {
        self.call("append", |tables, _| {
            let parts = tables.partition(chat_id).parts.entry(episode).or_default();
            let held: usize = parts.values().map(Delta::size_bytes).sum();
            if held + part.size_bytes() > EPISODE_BYTES {
                return None;
            }
            let seq = parts.keys().next_back().map_or(1, |last| last + 1);
            parts.insert(seq, part.clone());
            Some(seq)
        })
        .await
    }
}

impl ReadParts for Memory {
    async fn parts(&self, chat_id: ChatId, episode: Episode) -> Result<Vec<(u64, Delta)>, Unavailable> {
        self.call("parts", |tables, _| {
            let kept = tables.chats.get(&chat_id).and_then(|found| found.parts.get(&episode));
            let kept = kept.into_iter().flatten().map(|(seq, delta)| (*seq, delta.clone()));
            kept.zip(1..).take_while(|((seq, _), next)| seq == next).map(|(part, _)| part).collect()
        })
        .await
    }
}

impl Observe for Memory {
    async fn observe(&self, chat_id: ChatId) -> Result<Option<Observed>, Unavailable> {
        self.call("observe", |tables, now| observe(tables, chat_id, now)).await
    }
}

impl KeepListeners for Memory {
    async fn listen(
        &self,
        chat_id: ChatId,
        connection: &ConnectionId,
        expires_at: Timestamp,
    ) -> Result<(), Unavailable> {
        self.call("listen", |tables, now| {
            let listeners = &mut tables.partition(chat_id).listeners;
            listeners.insert(connection.clone(), expires_at);
            for beyond in latest(listeners, now).into_iter().skip(LISTENERS) {
                if beyond != *connection {
                    listeners.remove(&beyond);
                }
            }
        })
        .await
    }

    async fn unlisten(&self, chat_id: ChatId, connection: &ConnectionId) -> Result<(), Unavailable> {
        self.call("unlisten", |tables, _| {
            tables.partition(chat_id).listeners.remove(connection);
        })
        .await
    }
}

fn observe(tables: &Tables, chat_id: ChatId, now: Timestamp) -> Option<Observed> {
    let partition = tables.chats.get(&chat_id)?;
    let chat = partition.chat.as_ref().filter(|chat| !chat.deleted)?;
    let mut listeners = latest(&partition.listeners, now);
    listeners.truncate(LISTENERS);
    listeners.sort_unstable();
    Some(Observed { versions: chat.versions, status: chat.status, lease: chat.lease, listeners })
}

/// Returns who listens, those first who subscribed last; times are kept in full seconds.
fn latest(listeners: &BTreeMap<ConnectionId, Timestamp>, now: Timestamp) -> Vec<ConnectionId> {
    let live = listeners.iter().filter(|(_, expires_at)| !expired(**expires_at, now));
    let mut live: Vec<_> = live.map(|(id, expires_at)| (Reverse(expires_at.0.div_ceil(1_000)), id)).collect();
    live.sort_unstable();
    live.into_iter().map(|(_, connection)| connection.clone()).collect()
}
