//! Subscribes sockets to chats.

use chat::{
    id::{ChatId, ConnectionId},
    port::{KeepListeners, Unavailable},
    time::Timestamp,
};

use super::Chats;
use crate::{
    codec::{self, EXPIRES_AT, expiry},
    key,
    table::failed,
};

impl KeepListeners for Chats {
    async fn listen(
        &self,
        chat_id: ChatId,
        connection: &ConnectionId,
        expires_at: Timestamp,
    ) -> Result<(), Unavailable> {
        let mut item = codec::item("chat", key::partition(chat_id), key::listener(connection));
        item.insert(EXPIRES_AT.into(), expiry(expires_at));
        self.table.put(item).send().await.map(drop).map_err(failed)
    }

    async fn unlisten(&self, chat_id: ChatId, connection: &ConnectionId) -> Result<(), Unavailable> {
        let key = codec::key("chat", key::partition(chat_id), key::listener(connection));
        self.table.delete(key).send().await.map(drop).map_err(failed)
    }
}
