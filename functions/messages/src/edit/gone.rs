//! Which messages an edit took from clients.

use std::collections::BTreeSet;

use chat::{
    id::MessageId,
    message::Visibility,
    port::{Order, ReadHistory, Unavailable},
    record::Chat,
    span::Span,
};

/// Messages read at a time. Any may be large, and a function's memory is small.
const AT_ONCE: usize = 20;

/// Returns the ids from `first` on that clients were shown of `chat`, as it was before the edit.
///
/// The edit is done by now: where the store is silent, ids are named too that clients never saw, which they ignore.
pub(super) async fn shown<P: ReadHistory>(ports: &P, chat: &Chat, first: MessageId) -> Vec<MessageId> {
    let hidden = hidden(ports, chat, first).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "what only the model was told is not known");
        BTreeSet::new()
    });
    let ids = |span: Span| (span.first.0..=span.last.0).map(MessageId);
    let all = chat.spans.within(first, MessageId(u64::MAX)).into_iter().flat_map(ids);
    all.filter(|id| !hidden.contains(id)).collect()
}

/// Returns what only the model was told. That stands at the boundaries of the context, so only there is anything read.
async fn hidden<P: ReadHistory>(
    ports: &P,
    chat: &Chat,
    first: MessageId,
) -> Result<BTreeSet<MessageId>, Unavailable> {
    let mut hidden = BTreeSet::new();
    for boundary in boundaries(chat, first) {
        let mut from = boundary;
        loop {
            let rest = (from, MessageId(u64::MAX));
            let (page, more) = turn::history::visible(ports, chat, rest, Order::Ascending, AT_ONCE).await?;
            let ends = page.iter().position(|message| message.visibility == Visibility::Both);
            let of_model = page.iter().filter(|message| message.visibility == Visibility::Model);
            hidden.extend(of_model.map(|message| message.id));
            match page.last() {
                Some(last) if more && ends.is_none() => from = last.id.next(),
                Some(_) | None => break,
            }
        }
    }
    Ok(hidden)
}

fn boundaries(chat: &Chat, first: MessageId) -> impl Iterator<Item = MessageId> {
    let all = chat.earlier_boundaries.iter().copied().chain([chat.boundary]);
    all.filter(move |boundary| *boundary >= first && *boundary > MessageId(1))
}
