//! Sockets, and those of them that watch.

use chat::{
    id::{ConnectionId, UserId},
    limit::LISTENERS,
    port::{KeepSockets, Person, ReadWatchers, Unavailable},
    time::Timestamp,
};

use super::{Directory, of_person, person};
use crate::{
    codec::{self, EXPIRES_AT, Item, expiry},
    key,
    table::{all, failed},
};

/// The sort key of a socket.
const SOCKET: &str = "conn";

impl KeepSockets for Directory {
    async fn open(
        &self,
        connection: &ConnectionId,
        person: Person,
        expires_at: Timestamp,
    ) -> Result<(), Unavailable> {
        let mut item = of_person(key::listener(connection), SOCKET.into(), person);
        item.insert(EXPIRES_AT.into(), expiry(expires_at));
        self.table.put(item).send().await.map(drop).map_err(failed)
    }

    async fn holder(&self, connection: &ConnectionId) -> Result<Option<Person>, Unavailable> {
        let found = self.table.get(codec::key("key", key::listener(connection), SOCKET)).send().await;
        let Some(item) = found.map_err(failed)?.item else { return Ok(None) };
        let expired = codec::is_expired(&item, self.clock.now())?;
        (!expired).then(|| person(&item)).transpose()
    }

    async fn close(&self, connection: &ConnectionId) -> Result<(), Unavailable> {
        let key = codec::key("key", key::listener(connection), SOCKET);
        self.table.remove(key).await
    }

    async fn watch(
        &self,
        user_id: UserId,
        connection: &ConnectionId,
        expires_at: Timestamp,
    ) -> Result<(), Unavailable> {
        let mut item = codec::item("key", key::watchers(user_id), key::listener(connection));
        item.insert(EXPIRES_AT.into(), expiry(expires_at));
        self.table.put(item).send().await.map(drop).map_err(failed)
    }

    async fn unwatch(&self, user_id: UserId, connection: &ConnectionId) -> Result<(), Unavailable> {
        let key = codec::key("key", key::watchers(user_id), key::listener(connection));
        self.table.remove(key).await
    }
}

impl ReadWatchers for Directory {
    async fn watchers(&self, user_id: UserId) -> Result<Vec<ConnectionId>, Unavailable> {
        let query = self.table.between("key", key::watchers(user_id), key::LISTENERS, key::LISTENERS_END);
        let now = self.clock.now();
        let mut watching = Vec::new();
        for item in all(query).await? {
            watching.extend(watcher(&item, now)?);
        }
        watching.truncate(LISTENERS);
        Ok(watching)
    }
}

fn watcher(item: &Item, now: Timestamp) -> Result<Option<ConnectionId>, Unavailable> {
    codec::check_version(item)?;
    let live = !codec::is_expired(item, now)?;
    Ok(codec::name(item).strip_prefix(key::LISTENERS).filter(|_| live).map(ConnectionId::from))
}
