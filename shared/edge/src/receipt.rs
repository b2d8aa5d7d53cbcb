//! Idempotent requests: the same key and the same body get the first answer again.

use chat::port::Receipt;

use crate::{rejection::Rejection, reply::Reply, request::Request};

/// Longest key, in characters.
const KEY_CHARS: usize = 128;

/// Returns the request's `Idempotency-Key`.
///
/// # Errors
/// It is empty or too long: 400.
pub fn key(request: &Request) -> Result<Option<String>, Rejection> {
    let Some(key) = request.header("idempotency-key") else { return Ok(None) };
    let plain = key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if key.is_empty() || key.len() > KEY_CHARS || !plain {
        return Err(Rejection::field("Idempotency-Key", "must be 1 to 128 printable ASCII characters"));
    }
    Ok(Some(key.to_owned()))
}

/// Returns the first answer again.
///
/// # Errors
/// The receipt is another request's: 409.
pub fn again(receipt: Receipt, fingerprint: &str) -> Result<Reply, Rejection> {
    if receipt.fingerprint != fingerprint {
        return Err(Rejection::IdempotencyMismatch);
    }
    Ok(Reply::text(receipt.status, receipt.body).with_header("idempotent-replay", "true"))
}
