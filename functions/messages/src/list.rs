//! `GET /v1/chats/{chat}/messages`

use chat::{
    id::MessageId,
    message::{MessageView, QueuedView},
    port::Person,
    record::Chat,
};
use edge::{Rejection, Reply, Request, page};
use serde::Serialize;

use crate::{
    MessagePorts,
    change::{json, owned},
};

/// Most bytes of messages in one reply; a function's reply may have six megabytes.
const REPLY_BYTES: usize = 4 * 1024 * 1024;
/// Messages read at a time. Any may be large, and a function's memory is small.
const AT_ONCE: usize = 20;

#[derive(Serialize)]
struct Page {
    messages: Vec<MessageView>,
    queued_messages: Vec<QueuedView>,
    has_more: bool,
}

pub(crate) async fn run<P: MessagePorts>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let chat_id = request.chat_id()?;
    let (before, after) = (id(request, "before_id")?, id(request, "after_id")?);
    if before.zip(after).is_some_and(|(before, after)| after >= before) {
        return Err(Rejection::field("after_id", "must be less than before_id"));
    }
    let limit = page::limit(request)?;
    let snapshot = owned(ports, chat_id, person).await?;
    let (messages, has_more) = messages(ports, &snapshot.chat, (before, after), limit).await?;
    let is_first = before.is_none() && after.is_none();
    let queue = snapshot.queue.iter().filter(|_| is_first);
    let queued_messages = queue.map(|queued| queued.view(chat_id)).collect();
    Ok(Reply::json(200, &Page { messages, queued_messages, has_more }))
}

/// Returns as many messages as one reply has room for, at least one, and whether there are more.
async fn messages<P: MessagePorts>(
    ports: &P,
    chat: &Chat,
    (mut before, mut after): (Option<MessageId>, Option<MessageId>),
    limit: usize,
) -> Result<(Vec<MessageView>, bool), Rejection> {
    let ascends = before.is_none() && after.is_some();
    let (mut views, mut size_bytes) = (Vec::new(), 0);
    loop {
        let wanted = AT_ONCE.min(limit - views.len());
        let (found, more) = turn::history::page(ports, chat, before, after, wanted).await?;
        for message in found {
            *if ascends { &mut after } else { &mut before } = Some(message.id);
            let Some(view) = message.view(chat.id) else { continue };
            size_bytes += json(&view).len();
            if size_bytes > REPLY_BYTES && !views.is_empty() {
                return Ok((views, true));
            }
            views.push(view);
        }
        if !more || views.len() >= limit {
            return Ok((views, more));
        }
    }
}

fn id(request: &Request, name: &str) -> Result<Option<MessageId>, Rejection> {
    let expected = "a positive integer";
    match request.query.parsed::<u64>(name, expected)? {
        Some(0) => Err(Rejection::field(name, format!("must be {expected}"))),
        id => Ok(id.map(MessageId)),
    }
}
