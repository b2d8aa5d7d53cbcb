//! Histories that a warm process remembers, so that the next step of a chat reads only what is new.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use chat::{
    id::{ChatId, MessageId},
    message::Message,
    port::{Order, ReadHistory, Unavailable},
    record::Chat,
    span::Spans,
};

use crate::history::visible;

/// Bytes of history that a process remembers; functions have 128 MB.
const REMEMBERED_BYTES: usize = 16 * 1024 * 1024;
/// What a message takes beside its content.
const OVERHEAD_BYTES: usize = 200;
/// Messages read at once.
const PAGE: usize = 1_000;

/// Recently read histories. Messages never change, so what was read stays right; the spans say which of it
/// is still visible.
#[derive(Debug, Default)]
pub struct Recent(Mutex<VecDeque<Held>>);

#[derive(Debug)]
struct Held {
    chat_id: ChatId,
    spans: Spans,
    messages: Vec<Known>,
    size_bytes: usize,
}

/// A message that was read, and what it takes; measured once.
#[derive(Clone, Debug)]
struct Known {
    message: Arc<Message>,
    size_bytes: usize,
}

impl From<Message> for Known {
    fn from(message: Message) -> Self {
        let size_bytes = serde_json::to_vec(&message.content).map_or(0, |bytes| bytes.len()) + OVERHEAD_BYTES;
        Self { message: Arc::new(message), size_bytes }
    }
}

impl Recent {
    /// Returns the visible messages from the context boundary on, oldest first.
    ///
    /// # Errors
    /// The store.
    pub async fn history<P: ReadHistory>(
        &self,
        ports: &P,
        chat: &Chat,
    ) -> Result<Vec<Arc<Message>>, Unavailable> {
        let mut messages = self.take(chat);
        let mut from = messages.last().map_or(chat.boundary, |last| last.message.id.next());
        loop {
            let rest = (from, MessageId(u64::MAX));
            let (page, more) = visible(ports, chat, rest, Order::Ascending, PAGE).await?;
            from = page.last().map_or(from, |last| last.id.next());
            messages.extend(page.into_iter().map(Known::from));
            if !more {
                break;
            }
        }
        let history = messages.iter().map(|known| Arc::clone(&known.message)).collect();
        self.put(chat, messages);
        Ok(history)
    }

    /// Returns the remembered messages that are still visible without a gap.
    fn take(&self, chat: &Chat) -> Vec<Known> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(index) = all.iter().position(|held| held.chat_id == chat.id) else { return Vec::new() };
        let Some(held) = all.remove(index) else { return Vec::new() };
        if held.messages.first().is_none_or(|first| first.message.id != first_visible(chat)) {
            return Vec::new();
        }
        let known = common(&held.spans, &chat.spans);
        held.messages
            .into_iter()
            .take_while(|held| known.is_some_and(|last| held.message.id <= last))
            .collect()
    }

    fn put(&self, chat: &Chat, messages: Vec<Known>) {
        let size_bytes = messages.iter().map(|known| known.size_bytes).sum();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|held| held.chat_id != chat.id);
        all.push_back(Held { chat_id: chat.id, spans: chat.spans.clone(), messages, size_bytes });
        let mut total: usize = all.iter().map(|held| held.size_bytes).sum();
        while total > REMEMBERED_BYTES {
            let Some(oldest) = all.pop_front() else { break };
            total -= oldest.size_bytes;
        }
    }
}

fn first_visible(chat: &Chat) -> MessageId {
    let spans = chat.spans.within(chat.boundary, MessageId(u64::MAX));
    spans.first().map_or(chat.boundary, |span| span.first)
}

/// Returns the last id up to which two histories of one chat are the same.
fn common(old: &Spans, new: &Spans) -> Option<MessageId> {
    let mut last = None;
    for (old, new) in old.0.iter().zip(&new.0) {
        if (old.chat, old.first) != (new.chat, new.first) {
            break;
        }
        last = Some(old.last.min(new.last));
        if old.last != new.last {
            break;
        }
    }
    last
}
