//! Whose a secret is, and which sockets are open.

use chat::{
    id::{ConnectionId, UserId},
    limit::LISTENERS,
    port::{KeepSockets, KeepTickets, KeepTokens, Person, ReadWatchers, Unavailable},
    time::Timestamp,
};

use super::{Memory, tables::expired};

impl KeepTokens for Memory {
    async fn person(&self, token_hash: &str) -> Result<Option<Person>, Unavailable> {
        self.call("person", |tables, _| tables.tokens.get(token_hash).copied()).await
    }

    async fn put_token(&self, token_hash: &str, person: Person) -> Result<Person, Unavailable> {
        self.call("put_token", |tables, _| *tables.tokens.entry(token_hash.to_owned()).or_insert(person))
            .await
    }
}

impl KeepTickets for Memory {
    async fn put_ticket(
        &self,
        ticket_hash: &str,
        person: Person,
        expires_at: Timestamp,
    ) -> Result<(), Unavailable> {
        self.call("put_ticket", |tables, _| {
            tables.tickets.insert(ticket_hash.to_owned(), (person, expires_at));
        })
        .await
    }

    async fn use_ticket(&self, ticket_hash: &str, now: Timestamp) -> Result<Option<Person>, Unavailable> {
        self.call("use_ticket", |tables, _| {
            let used = tables.tickets.remove(ticket_hash);
            used.filter(|(_, expires_at)| !expired(*expires_at, now)).map(|(person, _)| person)
        })
        .await
    }
}

impl KeepSockets for Memory {
    async fn open(
        &self,
        connection: &ConnectionId,
        person: Person,
        expires_at: Timestamp,
    ) -> Result<(), Unavailable> {
        self.call("open", |tables, _| {
            tables.sockets.insert(connection.clone(), (person, expires_at));
        })
        .await
    }

    async fn holder(&self, connection: &ConnectionId) -> Result<Option<Person>, Unavailable> {
        self.call("holder", |tables, now| {
            let held = tables.sockets.get(connection);
            held.filter(|(_, expires_at)| !expired(*expires_at, now)).map(|(person, _)| *person)
        })
        .await
    }

    async fn close(&self, connection: &ConnectionId) -> Result<(), Unavailable> {
        self.call("close", |tables, _| {
            tables.sockets.remove(connection);
        })
        .await
    }

    async fn watch(
        &self,
        user_id: UserId,
        connection: &ConnectionId,
        expires_at: Timestamp,
    ) -> Result<(), Unavailable> {
        self.call("watch", |tables, _| {
            tables.watchers.entry(user_id).or_default().insert(connection.clone(), expires_at);
        })
        .await
    }

    async fn unwatch(&self, user_id: UserId, connection: &ConnectionId) -> Result<(), Unavailable> {
        self.call("unwatch", |tables, _| {
            tables.watchers.entry(user_id).or_default().remove(connection);
        })
        .await
    }
}

impl ReadWatchers for Memory {
    async fn watchers(&self, user_id: UserId) -> Result<Vec<ConnectionId>, Unavailable> {
        self.call("watchers", |tables, now| {
            let all = tables.watchers.get(&user_id).into_iter().flatten();
            let live = all.filter(|(_, expires_at)| !expired(**expires_at, now));
            live.take(LISTENERS).map(|(connection, _)| connection.clone()).collect()
        })
        .await
    }
}
