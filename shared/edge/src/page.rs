//! Lists: how long a page is and where it begins.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

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

/// Returns where the page begins, as an earlier page said; none for the first.
///
/// # Errors
/// It was never said so: 400.
pub fn cursor(request: &Request) -> Result<Option<String>, Rejection> {
    let Some(text) = request.query.one("cursor")? else { return Ok(None) };
    decode(text).map(Some).ok_or_else(bad_cursor)
}

/// Returns the refusal of a cursor that was never given out.
#[must_use]
pub fn bad_cursor() -> Rejection {
    Rejection::field("cursor", "is not one that an earlier page gave")
}

/// Returns a place as clients see it.
#[must_use]
pub fn encode(place: &str) -> String {
    URL_SAFE_NO_PAD.encode(place)
}

fn decode(text: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
