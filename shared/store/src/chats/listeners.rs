//! Subscribes sockets to chats.

use std::cmp::Reverse;

use chat::{
    id::{ChatId, ConnectionId},
    limit::LISTENERS,
    port::{KeepListeners, Unavailable},
    time::Timestamp,
};

use super::Chats;
use crate::{
    codec::{self, EXPIRES_AT, Item, expiry},
    key,
    table::{all, failed},
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
        self.table.put(item).send().await.map_err(failed)?;
        self.make_room(chat_id, connection).await
    }

    async fn unlisten(&self, chat_id: ChatId, connection: &ConnectionId) -> Result<(), Unavailable> {
        let key = codec::key("chat", key::partition(chat_id), key::listener(connection));
        self.table.remove(key).await
    }
}

impl Chats {
    /// Forgets the listeners beyond the limit, those first that subscribed first: they are the likeliest to be
    /// gone. Of several that make room at once all forget the same ones.
    async fn make_room(&self, chat_id: ChatId, newest: &ConnectionId) -> Result<(), Unavailable> {
        let partition = key::partition(chat_id);
        let found = self.table.between("chat", partition, key::LISTENERS, key::LISTENERS_END);
        let mut live = self.live(&all(found).await?)?;
        latest_first(&mut live);
        let beyond = live.iter().skip(LISTENERS).map(|(_, connection)| connection);
        for connection in beyond.filter(|connection| *connection != newest) {
            self.unlisten(chat_id, connection).await?;
        }
        Ok(())
    }

    /// Returns who listens and until when, in seconds.
    fn live(&self, items: &[Item]) -> Result<Vec<(u64, ConnectionId)>, Unavailable> {
        let now = self.clock.now();
        let mut live = Vec::new();
        for item in items {
            codec::check_version(item)?;
            if codec::is_expired(item, now)? {
                continue;
            }
            let until = codec::find_number(item, EXPIRES_AT)?.unwrap_or_default();
            let connection = codec::name(item).strip_prefix(key::LISTENERS);
            live.extend(connection.map(|connection| (until, ConnectionId::from(connection))));
        }
        Ok(live)
    }

    /// Returns who is told, in the order of their names.
    pub(super) fn listening(&self, items: &[Item]) -> Result<Vec<ConnectionId>, Unavailable> {
        // Items come in the order of their names.
        let mut live = self.live(items)?;
        if live.len() > LISTENERS {
            let mut latest = live.clone();
            latest_first(&mut latest);
            latest.truncate(LISTENERS);
            live.retain(|one| latest.contains(one));
        }
        Ok(live.into_iter().map(|(_, connection)| connection).collect())
    }
}

fn latest_first(live: &mut [(u64, ConnectionId)]) {
    live.sort_unstable_by(|(until, a), (other, b)| (Reverse(until), a).cmp(&(Reverse(other), b)));
}
