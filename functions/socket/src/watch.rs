//! Watching all chats that one may read.

use chat::{id::ConnectionId, limit::LISTENERS, port::Person};

use super::{
    KEPT_MS, SocketPorts,
    answer::{Answer, Refused},
};

/// Tells a socket of all changes to its person's chats, without replay.
pub(crate) async fn watch<P: SocketPorts>(
    ports: &P,
    connection: &ConnectionId,
    person: Person,
) -> Result<Answer, Refused> {
    let watchers = ports.watchers(person.user_id).await?;
    if watchers.len() >= LISTENERS && !watchers.contains(connection) {
        let message = format!("{LISTENERS} sockets watch already");
        return Err(Refused { code: "too_many_watchers", message });
    }
    ports.watch(person.user_id, connection, ports.now().plus_ms(KEPT_MS)).await?;
    Ok(Answer::Watching {})
}

/// Stops that.
pub(crate) async fn unwatch<P: SocketPorts>(
    ports: &P,
    connection: &ConnectionId,
    person: Person,
) -> Result<Answer, Refused> {
    ports.unwatch(person.user_id, connection).await?;
    Ok(Answer::Unwatched {})
}
