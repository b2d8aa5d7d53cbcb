//! Streamed parts, and who listens to them.

use chat::{
    cursor::Episode,
    id::{ChatId, ConnectionId},
    limit::LISTENERS,
    part::Delta,
    port::{Flush, KeepListeners, LogParts, Observe, Observed, ReadParts, Unavailable},
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
        self.call("listen", |tables, _| {
            tables.partition(chat_id).listeners.insert(connection.clone(), expires_at);
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
    let live = partition.listeners.iter().filter(|(_, expires_at)| !expired(**expires_at, now));
    Some(Observed {
        versions: chat.versions,
        status: chat.status,
        lease: chat.lease,
        listeners: live.take(LISTENERS).map(|(connection, _)| connection.clone()).collect(),
    })
}
