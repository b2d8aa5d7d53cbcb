//! Subscriptions to one chat.

use chat::{
    cursor::Cursor,
    frame::frames,
    id::{ChatId, ConnectionId},
    limit::LISTENERS,
    port::{Person, Unavailable},
};
use edge::Rejection;
use turn::{
    announce::{Told, tell_one},
    catch_up,
    catch_up::CatchUp,
};

use super::{
    KEPT_MS, SocketPorts,
    answer::{Answer, Refused},
};

/// Events that are packed into frames together, so that a small chat needs one post and a large one little
/// memory.
const TOGETHER: usize = 50;

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
    let Some(mut lacking) = catch_up(ports, chat_id, cursor).await? else {
        // Deleted meanwhile.
        ports.unlisten(chat_id, connection).await?;
        return Err(Rejection::NotFound("chat").into());
    };
    match tell_all(ports, connection, &mut lacking).await? {
        Told::Sent => Ok(()),
        // What follows would be taken for all there is.
        Told::Missed => Err(Refused { code: "unavailable", message: "subscribe again".into() }),
        Told::Gone => Ok(ports.unlisten(chat_id, connection).await?),
    }
}

async fn tell_all<P: SocketPorts>(
    ports: &P,
    connection: &ConnectionId,
    lacking: &mut CatchUp<'_, P>,
) -> Result<Told, Unavailable> {
    let mut events = Vec::new();
    while let Some(more) = lacking.next().await? {
        events.extend(more);
        if events.len() >= TOGETHER {
            let told = tell_one(ports, connection, &frames(&std::mem::take(&mut events))).await;
            if told != Told::Sent {
                return Ok(told);
            }
        }
    }
    Ok(tell_one(ports, connection, &frames(&events)).await)
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
