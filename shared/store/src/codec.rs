//! What every stored shape has in common: a version, and a body that is JSON, compressed where that pays.

use std::{
    borrow::Cow,
    collections::HashMap,
    io::{self, Cursor, Read as _},
};

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use chat::{port::Unavailable, time::Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// An item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The attribute that says which shape an item has.
pub(crate) const VERSION: &str = "v";
/// The attribute by which items expire, in seconds since the epoch.
pub(crate) const EXPIRES_AT: &str = "expires_at";
/// The attribute with all that no query needs.
pub(crate) const BODY: &str = "body";

/// The newest shape of every item, which this code writes; it reads older ones too.
const NEWEST: u64 = 1;
/// What zstd frames begin with, and JSON never does.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Level 1: the wins of higher ones on texts of a few kilobytes are not worth their time on a small CPU.
const ZSTD_LEVEL: i32 = 1;
/// No body unpacks to more: the parts of one message, several times over.
const UNPACKED_BYTES: u64 = 32 * 1024 * 1024;

/// Returns that the store did not answer in a way that can be understood.
pub(crate) fn unreadable(reason: impl Into<String>) -> Unavailable {
    Unavailable { dependency: "dynamodb", reason: reason.into() }
}

/// Packs a value as JSON, compressed if it is larger than `plain_bytes` and gets smaller.
pub(crate) fn pack(value: &impl Serialize, plain_bytes: usize) -> Result<Vec<u8>, Unavailable> {
    let json = serde_json::to_vec(value).map_err(|error| unreadable(format!("body: {error}")))?;
    Ok(if json.len() <= plain_bytes { json } else { deflate(json) })
}

fn deflate(json: Vec<u8>) -> Vec<u8> {
    match zstd::bulk::compress(&json, ZSTD_LEVEL) {
        Ok(packed) if packed.len() < json.len() => packed,
        Ok(_) | Err(_) => json,
    }
}

/// Unpacks what [`pack`] packed.
pub(crate) fn unpack<T: DeserializeOwned>(packed: &[u8]) -> Result<T, Unavailable> {
    let json = inflate(packed).map_err(|error| unreadable(format!("body: {error}")))?;
    serde_json::from_slice(&json).map_err(|error| unreadable(format!("body: {error}")))
}

fn inflate(packed: &[u8]) -> io::Result<Cow<'_, [u8]>> {
    if !packed.starts_with(&ZSTD_MAGIC) {
        return Ok(Cow::Borrowed(packed));
    }
    let decoder = zstd::stream::read::Decoder::with_buffer(Cursor::new(packed))?;
    let mut json = Vec::new();
    decoder.take(UNPACKED_BYTES).read_to_end(&mut json)?;
    Ok(Cow::Owned(json))
}

/// Returns a primary key: the partition's attribute, its value, and the sort key.
pub(crate) fn key(partition: &str, value: impl Into<String>, item: impl Into<String>) -> Item {
    HashMap::from([(partition.to_owned(), text(value)), ("item".to_owned(), text(item))])
}

/// Starts an item of the newest shape.
pub(crate) fn item(partition: &str, value: impl Into<String>, item: impl Into<String>) -> Item {
    let mut started = key(partition, value, item);
    started.insert(VERSION.to_owned(), newest());
    started
}

/// Returns the newest shape's version, as an attribute.
pub(crate) fn newest() -> AttributeValue {
    number(NEWEST)
}

/// Returns whether an item is of shape 0, which knew no versions. Only rows and messages ever were.
pub(crate) fn is_unversioned(item: &Item) -> bool {
    !item.contains_key(VERSION)
}

/// Refuses an item of a shape that this code does not know.
pub(crate) fn check_version(item: &Item) -> Result<(), Unavailable> {
    match get_number(item, VERSION)? {
        1..=NEWEST => Ok(()),
        v => Err(unreadable(format!("item {} has the unknown shape {v}", name(item)))),
    }
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn bytes(value: impl Into<Vec<u8>>) -> AttributeValue {
    AttributeValue::B(Blob::new(value))
}

/// Returns an expiry as it is kept: in full seconds, rounded up.
pub(crate) fn expiry(at: Timestamp) -> AttributeValue {
    number(at.0.div_ceil(1_000))
}

/// Returns whether an item has expired, though it may not have been removed yet.
pub(crate) fn is_expired(item: &Item, now: Timestamp) -> Result<bool, Unavailable> {
    Ok(find_number(item, EXPIRES_AT)?.is_some_and(|expires_at| expires_at <= now.as_secs()))
}

pub(crate) fn get_text<'a>(item: &'a Item, attribute: &str) -> Result<&'a str, Unavailable> {
    let value = item.get(attribute).and_then(|value| value.as_s().ok());
    value.map(String::as_str).ok_or_else(|| missing(item, attribute))
}

pub(crate) fn find_number(item: &Item, attribute: &str) -> Result<Option<u64>, Unavailable> {
    let Some(value) = item.get(attribute) else { return Ok(None) };
    let parsed = value.as_n().ok().and_then(|digits| digits.parse().ok());
    parsed.map(Some).ok_or_else(|| missing(item, attribute))
}

pub(crate) fn get_number(item: &Item, attribute: &str) -> Result<u64, Unavailable> {
    find_number(item, attribute)?.ok_or_else(|| missing(item, attribute))
}

pub(crate) fn get_bytes<'a>(item: &'a Item, attribute: &str) -> Result<&'a [u8], Unavailable> {
    let value = item.get(attribute).and_then(|value| value.as_b().ok());
    value.map(Blob::as_ref).ok_or_else(|| missing(item, attribute))
}

pub(crate) fn find_uuid(item: &Item, attribute: &str) -> Result<Option<Uuid>, Unavailable> {
    if !item.contains_key(attribute) {
        return Ok(None);
    }
    let parsed = Uuid::from_slice(get_bytes(item, attribute)?);
    parsed.map(Some).map_err(|_| missing(item, attribute))
}

pub(crate) fn get_uuid(item: &Item, attribute: &str) -> Result<Uuid, Unavailable> {
    find_uuid(item, attribute)?.ok_or_else(|| missing(item, attribute))
}

/// Returns the sort key of an item, for messages of errors.
pub(crate) fn name(item: &Item) -> &str {
    item.get("item").and_then(|value| value.as_s().ok()).map_or("without a name", String::as_str)
}

pub(crate) fn missing(item: &Item, attribute: &str) -> Unavailable {
    unreadable(format!("item {} has no valid attribute {attribute}", name(item)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_compressed_only_where_it_pays() {
        let long = "the same again and again; ".repeat(400);
        let packed = pack(&long, 4_096).unwrap();
        assert!(packed.len() < 400);
        assert_eq!(unpack::<String>(&packed).unwrap(), long);
        let short = pack(&"short", 4_096).unwrap();
        assert_eq!(short, b"\"short\"");
        assert_eq!(unpack::<String>(&short).unwrap(), "short");
    }

    #[test]
    fn an_unknown_shape_is_an_error_that_names_it() {
        let mut item = item("chat", "c", "msg#000000000001");
        check_version(&item).unwrap();
        item.insert(VERSION.into(), number(9));
        let error = check_version(&item).unwrap_err().to_string();
        assert_eq!(error, "dynamodb is unavailable: item msg#000000000001 has the unknown shape 9");
    }
}
