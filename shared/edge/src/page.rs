//! Lists: how long a page is and where it begins.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use sha2::{Digest, Sha256};

use crate::{rejection::Rejection, request::Request};

/// Items of a page, unless the client says otherwise.
const DEFAULT: usize = 50;
/// Most items of a page.
pub const MOST: usize = 200;

/// Returns how many items the client wants.
///
/// # Errors
/// Not a number from 1 to 200: 400.
pub fn limit(request: &Request) -> Result<usize, Rejection> {
    let expected = "a number from 1 to 200";
    let limit = request.query.parsed::<usize>("limit", expected)?.unwrap_or(DEFAULT);
    if (1..=MOST).contains(&limit) {
        return Ok(limit);
    }
    Err(Rejection::field("limit", format!("must be {expected}")))
}

/// Returns where the page begins, as an earlier page of the same `list` said; none for the first.
///
/// # Errors
/// It was never said so: 400.
pub fn cursor(request: &Request, list: &str) -> Result<Option<String>, Rejection> {
    let Some(text) = request.query.one("cursor")? else { return Ok(None) };
    let place = decode(text, list);
    place.map(Some).ok_or_else(|| Rejection::field("cursor", "is not one that an earlier page gave"))
}

/// Returns a place in `list` as clients see it. The name tells one list's places from another's; it holds
/// whose list it is.
#[must_use]
pub fn encode(place: &str, list: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}{place}", mark(place, list)))
}

fn decode(text: &str, list: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (given, place) = text.split_at_checked(MARK)?;
    (given == mark(place, list)).then(|| place.to_owned())
}

/// Length of a mark.
const MARK: usize = 12;

/// A cursor that was cut off, mixed up or made up does not bear its list's mark.
fn mark(place: &str, list: &str) -> String {
    let mut mark = hex::encode(Sha256::digest(format!("{list}\n{place}")));
    mark.truncate(MARK);
    mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_in_its_own_list_only() {
        let text = encode("a place", "chats of 1");
        assert_eq!(decode(&text, "chats of 1").as_deref(), Some("a place"));
        assert_eq!(decode(&text, "chats of 2"), None);
        assert_eq!(decode("", "chats of 1"), None);
        assert_eq!(decode("no base64!", "chats of 1"), None);
    }
}
