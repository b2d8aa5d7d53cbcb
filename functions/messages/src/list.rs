//! `GET /v1/chats/{chat}/messages`

use chat::{
    id::MessageId,
    message::{MessageView, QueuedView},
    port::Person,
};
use edge::{Rejection, Reply, Request, page};
use serde::Serialize;

use crate::{
    MessagePorts,
    change::{json, owned},
};

/// Most bytes of messages in one reply; a function's reply may have six megabytes.
const REPLY_BYTES: usize = 4 * 1024 * 1024;

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
    let (found, more) = turn::history::page(ports, &snapshot.chat, before, after, limit).await?;
    let views: Vec<MessageView> = found.iter().filter_map(|message| message.view(chat_id)).collect();
    let fit = fitting(&views);
    let is_first = before.is_none() && after.is_none();
    let queue = snapshot.queue.iter().filter(|_| is_first);
    Ok(Reply::json(
        200,
        &Page {
            has_more: more || fit < views.len(),
            messages: views.into_iter().take(fit).collect(),
            queued_messages: queue.map(|queued| queued.view(chat_id)).collect(),
        },
    ))
}

fn id(request: &Request, name: &str) -> Result<Option<MessageId>, Rejection> {
    let expected = "a positive integer";
    match request.query.parsed::<u64>(name, expected)? {
        Some(0) => Err(Rejection::field(name, format!("must be {expected}"))),
        id => Ok(id.map(MessageId)),
    }
}

/// Returns how many of the messages one reply has room for, at least one.
fn fitting(views: &[MessageView]) -> usize {
    let mut size_bytes = 0;
    let fits = |view: &&MessageView| {
        size_bytes += json(view).len();
        size_bytes <= REPLY_BYTES
    };
    views.iter().take_while(fits).count().max(1)
}
