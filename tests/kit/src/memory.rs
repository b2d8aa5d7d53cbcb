//! Every store port, in memory. A wrong write panics: the fake checks what must hold for every test.

mod catalogue;
mod chats;
mod directory;
mod erase;
mod invariants;
mod lists;
mod parts;
mod servers;
mod spend;
mod tables;
mod workspaces;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chat::{
    id::ChatId,
    message::Message,
    port::{Clock, Unavailable},
    record::Snapshot,
    time::Timestamp,
};

use crate::{clock::ManualClock, faults::Faults};
use tables::Tables;

/// In how many shards chats that are due are found.
pub const DUE_SHARDS: u8 = 4;

/// Chats and the directory, in memory. Clones share what they hold.
#[derive(Clone)]
pub struct Memory {
    tables: Arc<Mutex<Tables>>,
    clock: Arc<dyn Clock>,
    faults: Faults,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new(ManualClock::default().port())
    }
}

impl Memory {
    /// Makes an empty store that judges expiry by `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { tables: Arc::default(), clock, faults: Faults::default() }
    }

    /// Returns the same store, whose calls through this value are subject to `faults`.
    #[must_use]
    pub fn with_faults(&self, faults: Faults) -> Self {
        Self { faults, ..self.clone() }
    }

    /// Returns a chat as it stands, without a call that is counted.
    #[must_use]
    pub fn peek(&self, chat_id: ChatId) -> Option<Snapshot> {
        self.lock().snapshot(chat_id)
    }

    /// Returns a chat's visible history, oldest first, without a call that is counted.
    #[must_use]
    pub fn visible(&self, chat_id: ChatId) -> Vec<Message> {
        let tables = self.lock();
        tables.snapshot(chat_id).map(|found| tables.visible(&found.chat)).unwrap_or_default()
    }

    /// Returns how many chats exist, deleted ones included until they are erased.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().chats.values().filter(|partition| partition.chat.is_some()).count()
    }

    /// Returns whether there is no chat.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    async fn call<T>(
        &self,
        name: &'static str,
        effect: impl FnOnce(&mut Tables, Timestamp) -> T,
    ) -> Result<T, Unavailable> {
        self.faults.around(name, || effect(&mut self.lock(), self.clock.now())).await
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
