//! The items beside the chat's own.

pub(crate) mod v0;

use std::collections::BTreeMap;

use chat::{
    Change,
    call::Call,
    id::{ChatId, MessageId},
    message::{Message, QueuedMessage},
    part::Delta,
    port::{Flush, Receipt, Scope, Unavailable},
    record::Spec,
    time::Timestamp,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    codec::{self, BODY, EXPIRES_AT, Item, bytes, expiry, number, unreadable},
    key,
};

/// Content up to here fits into a write unit as it is; beyond, compression pays for itself.
const PLAIN_BYTES: usize = 900;
/// Bytes of a body in one item; an item may have 400 KB, names and keys included.
const CHUNK_BYTES: usize = 390 * 1024;
/// Items that one message may take: a transaction holds 4 MB.
const CHUNKS: usize = 9;
/// In how many items a message is kept, where that is more than one.
pub(crate) const COUNT: &str = "n";

/// Which message asked for a call.
pub(crate) const ASKED_BY: &str = "m";
/// When whoever answers a call said that he has it.
pub(crate) const ACCEPTED_AT: &str = "ac";

fn with_body(mut item: Item, value: &impl Serialize) -> Result<Item, Unavailable> {
    let packed = packed(&item, value)?;
    item.insert(BODY.into(), bytes(packed));
    Ok(item)
}

/// Packs the body of an item, which must not be too large for that.
pub(crate) fn packed(item: &Item, value: &impl Serialize) -> Result<Vec<u8>, Unavailable> {
    let packed = codec::pack(value, PLAIN_BYTES)?;
    if packed.len() > CHUNK_BYTES {
        return Err(unreadable(format!("item {} would be too large", codec::name(item))));
    }
    Ok(packed)
}

fn body<T: DeserializeOwned>(item: &Item) -> Result<T, Unavailable> {
    codec::check_version(item)?;
    codec::unpack(codec::get_bytes(item, BODY)?)
}

/// Returns the item by which the parent of a new chat knows it.
pub(crate) fn of_child(change: &Change) -> Option<Item> {
    let parent_id = change.chat.parent_chat_id.filter(|_| change.expected == 0)?;
    let (id, created_at) = (change.chat.id, change.chat.created_at);
    Some(codec::item("chat", key::partition(parent_id), key::child(created_at, id)))
}

/// Returns the chat that such an item names.
pub(crate) fn child(item: &Item) -> Result<ChatId, Unavailable> {
    codec::check_version(item)?;
    let id = codec::name(item).rsplit('#').next().and_then(|id| id.parse().ok());
    id.ok_or_else(|| codec::missing(item, "item"))
}

/// Returns the items of a message: one, or several for a very large one.
pub(crate) fn of_message(chat_id: ChatId, message: &Message) -> Result<Vec<Item>, Unavailable> {
    let packed = codec::pack(message, PLAIN_BYTES)?;
    let count = packed.len().div_ceil(CHUNK_BYTES);
    if count > CHUNKS {
        return Err(unreadable(format!("message {} is too large", message.id)));
    }
    let chunks = packed.chunks(CHUNK_BYTES).enumerate();
    Ok(chunks.map(|(index, chunk)| of_chunk(chat_id, message.id, index, count, chunk)).collect())
}

fn of_chunk(chat_id: ChatId, id: MessageId, index: usize, count: usize, chunk: &[u8]) -> Item {
    let name = if index == 0 { key::message(id) } else { key::continuation(id, index) };
    let mut item = codec::item("chat", key::partition(chat_id), name);
    if index == 0 && count > 1 {
        item.insert(COUNT.into(), number(count as u64));
    }
    item.insert(BODY.into(), bytes(chunk));
    item
}

/// Puts messages together as their items come in, in any order.
#[derive(Default)]
pub(crate) struct Messages {
    complete: Vec<Message>,
    partial: BTreeMap<String, Vec<Item>>,
}

impl Messages {
    /// Takes an item; once a message has all of its own, it is complete.
    pub(crate) fn push(&mut self, item: Item) -> Result<(), Unavailable> {
        let head = codec::get_text(&item, "item")?.split('#').take(2).collect::<Vec<_>>().join("#");
        let items = self.partial.entry(head.clone()).or_default();
        // A message has fewer than ten, so that their names sort as they follow each other.
        let place = items.partition_point(|earlier| codec::name(earlier) < codec::name(&item));
        items.insert(place, item);
        if is_complete(&head, items)? {
            let items = self.partial.remove(&head).unwrap_or_default();
            self.complete.push(joined(items)?);
        }
        Ok(())
    }

    /// Returns how many messages are complete.
    pub(crate) const fn len(&self) -> usize {
        self.complete.len()
    }

    /// Returns the complete messages, in the order in which they were completed.
    pub(crate) fn into_complete(self) -> Vec<Message> {
        self.complete
    }
}

fn is_complete(head: &str, items: &[Item]) -> Result<bool, Unavailable> {
    let Some(first) = items.iter().find(|item| codec::name(item) == head) else { return Ok(false) };
    Ok(codec::find_number(first, COUNT)?.unwrap_or(1) == items.len() as u64)
}

/// Reads a message that is one item.
pub(crate) fn message(item: Item) -> Result<Message, Unavailable> {
    joined(vec![item])
}

/// Reads a message whose items are in their order.
fn joined(items: Vec<Item>) -> Result<Message, Unavailable> {
    if let [only] = items.as_slice()
        && codec::is_unversioned(only)
    {
        return v0::message(only);
    }
    let mut packed = Vec::new();
    for item in &items {
        codec::check_version(item)?;
        packed.extend_from_slice(codec::get_bytes(item, BODY)?);
    }
    codec::unpack(&packed)
}

pub(crate) fn of_queued(chat_id: ChatId, queued: &QueuedMessage) -> Result<Item, Unavailable> {
    with_body(codec::item("chat", key::partition(chat_id), key::queued(queued.id)), queued)
}

pub(crate) fn queued(item: &Item) -> Result<QueuedMessage, Unavailable> {
    body(item)
}

pub(crate) fn of_call(chat_id: ChatId, call: &Call) -> Result<Item, Unavailable> {
    let name = key::call(&call.call.tool_call_id);
    let mut item = codec::item("chat", key::partition(chat_id), name);
    item.insert(ASKED_BY.into(), number(call.message_id.0));
    if let Some(accepted_at) = call.accepted_at {
        item.insert(ACCEPTED_AT.into(), number(accepted_at.0));
    }
    with_body(item, &Call { accepted_at: None, ..call.clone() })
}

pub(crate) fn call(item: &Item) -> Result<Call, Unavailable> {
    let accepted_at = codec::find_number(item, ACCEPTED_AT)?.map(Timestamp);
    Ok(Call { accepted_at, ..body(item)? })
}

pub(crate) fn of_spec(chat_id: ChatId, spec: &Spec) -> Result<Item, Unavailable> {
    with_body(codec::item("chat", key::partition(chat_id), key::SPEC), spec)
}

pub(crate) fn spec(item: &Item) -> Result<Spec, Unavailable> {
    body(item)
}

/// A flush as it is kept.
#[derive(Serialize, Deserialize)]
struct StoredFlush<D> {
    #[serde(rename = "q")]
    first_seq: u64,
    #[serde(rename = "d")]
    parts: D,
}

pub(crate) fn of_flush(flush: &Flush) -> Result<Item, Unavailable> {
    let name = key::flush(flush.episode, flush.first_seq);
    let mut item = codec::item("chat", key::partition(flush.chat_id), name);
    item.insert(EXPIRES_AT.into(), expiry(flush.expires_at));
    with_body(item, &StoredFlush { first_seq: flush.first_seq, parts: &flush.parts })
}

/// Reads a flush: its parts with their places.
pub(crate) fn flush(item: &Item) -> Result<Vec<(u64, Delta)>, Unavailable> {
    let StoredFlush { first_seq, parts } = body::<StoredFlush<Vec<Delta>>>(item)?;
    Ok((first_seq..).zip(parts).collect())
}

/// A receipt as it is kept.
#[derive(Serialize, Deserialize)]
struct StoredReceipt {
    #[serde(rename = "f")]
    fingerprint: String,
    #[serde(rename = "s")]
    status: u16,
    #[serde(rename = "b")]
    body: String,
    #[serde(rename = "x")]
    expires_at: Timestamp,
}

/// `partition` is the name of the table's partition key.
pub(crate) fn of_receipt(partition: &'static str, receipt: &Receipt) -> Result<Item, Unavailable> {
    let mut item = codec::item(partition, key::receipts(receipt.scope), key::receipt(&receipt.key));
    item.insert(EXPIRES_AT.into(), expiry(receipt.expires_at));
    let stored = StoredReceipt {
        fingerprint: receipt.fingerprint.clone(),
        status: receipt.status,
        body: receipt.body.clone(),
        expires_at: receipt.expires_at,
    };
    with_body(item, &stored)
}

pub(crate) fn receipt(item: &Item, scope: Scope, key: &str) -> Result<Receipt, Unavailable> {
    let StoredReceipt { fingerprint, status, body, expires_at } = body::<StoredReceipt>(item)?;
    Ok(Receipt { scope, key: key.to_owned(), fingerprint, status, body, expires_at })
}

#[cfg(test)]
mod tests;
