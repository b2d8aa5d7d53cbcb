//! Subscriptions to one chat.

use chat::{
    cursor::Cursor,
    frame::frames,
    id::{ChatId, ConnectionId},
    port::{Person, Unavailable},
    time::Timestamp,
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

/// Time that is left for saying that it was not enough.
const LAST_MS: u64 = 4_000;

/// What a client asks for, and until when it can be done.
pub(crate) struct Wanted {
    pub(crate) chat_id: ChatId,
    pub(crate) cursor: Option<Cursor>,
    pub(crate) deadline: Timestamp,
}

/// Brings a socket up to date with a chat and keeps it so.
///
/// The order matters: it listens first and reads then, while a step writes first and looks for listeners
/// then, so that one of the two always sees the other.
pub(crate) async fn subscribe<P: SocketPorts>(
    ports: &P,
    connection: &ConnectionId,
    person: Person,
    Wanted { chat_id, cursor, deadline }: Wanted,
) -> Result<(), Refused> {
    let snapshot = ports.snapshot(chat_id).await?;
    if snapshot.is_none_or(|snapshot| snapshot.chat.owner_id != person.user_id) {
        return Err(Rejection::NotFound("chat").into());
    }
    ports.listen(chat_id, connection, ports.now().plus_ms(KEPT_MS)).await?;
    let Some(mut lacking) = catch_up(ports, chat_id, cursor).await? else {
        // Deleted meanwhile.
        ports.unlisten(chat_id, connection).await?;
        return Err(Rejection::NotFound("chat").into());
    };
    match tell_all(ports, connection, &mut lacking, deadline).await? {
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
    deadline: Timestamp,
) -> Result<Told, Unavailable> {
    let mut events = Vec::new();
    while let Some(more) = lacking.next().await? {
        if ports.now().plus_ms(LAST_MS) > deadline {
            tracing::warn!(chat_id = %lacking.chat().id, "no time left to catch up");
            return Ok(Told::Missed);
        }
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
