//! Visible messages, read span by span.

use chat::{
    id::{ChatId, MessageId},
    message::Message,
    port::{Order, Range, ReadHistory, Unavailable},
    record::Chat,
    span::Span,
};

/// Returns up to `limit` visible messages of `[first, last]` from the end that `order` names, and whether
/// there are more.
///
/// # Errors
/// The store.
pub async fn visible<P: ReadHistory>(
    ports: &P,
    chat: &Chat,
    (first, last): (MessageId, MessageId),
    order: Order,
    limit: usize,
) -> Result<(Vec<Message>, bool), Unavailable> {
    let mut spans = chat.spans.within(first, last);
    if order == Order::Descending {
        spans.reverse();
    }
    let mut messages = Vec::new();
    for span in spans {
        // One more than wanted tells whether there are more.
        let room = limit + 1 - messages.len();
        messages.extend(of_span(ports, chat.id, span, order, room).await?);
        if messages.len() > limit {
            messages.truncate(limit);
            return Ok((messages, true));
        }
    }
    Ok((messages, false))
}

async fn of_span<P: ReadHistory>(
    ports: &P,
    chat_id: ChatId,
    span: Span,
    order: Order,
    limit: usize,
) -> Result<Vec<Message>, Unavailable> {
    let stored_under = span.chat.unwrap_or(chat_id);
    let range = Range { chat_id: stored_under, first: span.first, last: span.last, order, limit };
    let mut messages = ports.messages(range).await?;
    // What a fork shares was there when it began; the other chat's versions mean nothing in this one.
    if span.chat.is_some() {
        messages.iter_mut().for_each(|message| message.revision = span.since);
    }
    Ok(messages)
}

/// Returns a page of visible messages as clients ask for it: newest first, but ascending when only
/// `after` is given; and whether there are more.
///
/// # Errors
/// The store.
pub async fn page<P: ReadHistory>(
    ports: &P,
    chat: &Chat,
    before: Option<MessageId>,
    after: Option<MessageId>,
    limit: usize,
) -> Result<(Vec<Message>, bool), Unavailable> {
    let order = match (before, after) {
        (None, Some(_)) => Order::Ascending,
        (Some(_), _) | (None, None) => Order::Descending,
    };
    let first = after.map_or(MessageId(1), MessageId::next);
    let last = before.map_or(MessageId(u64::MAX), |before| MessageId(before.0.saturating_sub(1)));
    visible(ports, chat, (first, last), order, limit).await
}
