//! Subscriptions to one chat.

use chat::{
    cursor::Cursor,
    frame::frames,
    id::{ChatId, ConnectionId},
    limit::LISTENERS,
    port::Person,
};
use edge::Rejection;
use turn::{
    announce::{Told, tell_one},
    catch_up,
};

use super::{
    KEPT_MS, SocketPorts,
    answer::{Answer, Refused},
};

/// Brings a socket up to date with a chat and keeps it so.
///
/// The order matters: it listens first and reads then, while a step writes first and looks for listeners
/// then, so that one of the two always sees the other.
pub(crate) async fn subscribe<P: SocketPorts>(
    ports: &P,
    connection: &ConnectionId,
    person: Person,
    chat_id: ChatId,
    cursor: Option<Cursor>,
) -> Result<(), Refused> {
    let snapshot = ports.snapshot(chat_id).await?;
    if snapshot.is_none_or(|snapshot| snapshot.chat.owner_id != person.user_id) {
        return Err(Rejection::NotFound("chat").into());
    }
    let listeners = ports.observe(chat_id).await?.map(|observed| observed.listeners).unwrap_or_default();
    if listeners.len() >= LISTENERS && !listeners.contains(connection) {
        let message = format!("{LISTENERS} sockets listen to this chat already");
        return Err(Refused { code: "too_many_listeners", message });
    }
    ports.listen(chat_id, connection, ports.now().plus_ms(KEPT_MS)).await?;
    let lacking = catch_up(ports, chat_id, cursor).await?;
    let mut lacking = lacking.ok_or(Rejection::NotFound("chat"))?;
    while let Some(events) = lacking.next().await? {
        match tell_one(ports, connection, &frames(&events)).await {
            Told::Sent => {}
            // What follows would be taken for all there is.
            Told::Missed => return Err(Refused { code: "unavailable", message: "subscribe again".into() }),
            Told::Gone => {
                ports.unlisten(chat_id, connection).await?;
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Ends a subscription; there need not be one.
pub(crate) async fn unsubscribe<P: SocketPorts>(
    ports: &P,
    connection: &ConnectionId,
    chat_id: ChatId,
) -> Result<Answer, Refused> {
    ports.unlisten(chat_id, connection).await?;
    Ok(Answer::Unsubscribed { chat_id })
}
