//! What a tool server's fields may be.

use edge::config::BaseUrls;

use super::body::AuthBody;
use crate::{
    base_url,
    fields::{Fields, KEY_BYTES},
};

/// Most bytes of a slug: there must be room for the tool in a name.
const SLUG_BYTES: usize = 24;
/// Most names in a list of tools.
const NAMES: usize = 256;
/// Most bytes of a tool's name, or a scope.
const NAME_BYTES: usize = 256;
/// Most headers.
const HEADERS: usize = 20;
/// Headers that say how a request is sent, which is not for the one who asks to say.
const OURS: [&str; 10] = [
    "accept",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "last-event-id",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Notes a slug that tools' names cannot begin with.
pub(crate) fn slug(fields: &mut Fields, slug: &str) {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = slug.as_bytes();
    let ends =
        bytes.first().is_some_and(|byte| is_plain(*byte)) && bytes.last().is_some_and(|byte| is_plain(*byte));
    let within = bytes.iter().all(|byte| is_plain(*byte) || b"_-".contains(byte)) && !slug.contains("__");
    let message = format!(
        "must be 1 to {SLUG_BYTES} lower-case letters, digits, `-` and `_`, begin and end with a letter or digit, and \
         not hold `__`"
    );
    fields.must(ends && within && bytes.len() <= SLUG_BYTES, "slug", &message);
}

/// Notes what is wrong with a list of tools.
pub(crate) fn names(fields: &mut Fields, field: &str, names: &[String]) {
    fields.must(names.len() <= NAMES, field, &format!("must not be more than {NAMES}"));
    let fits = |name: &String| (1..=NAME_BYTES).contains(&name.len());
    fields.must(names.iter().all(fits), field, &format!("must each have 1 to {NAME_BYTES} bytes"));
}

/// Notes what is wrong with what a server is shown.
pub(crate) fn auth(fields: &mut Fields, allowed: BaseUrls, auth: &AuthBody) {
    match auth {
        AuthBody::None {} => {}
        AuthBody::Key { key, header } => {
            fields.key("auth.key", key);
            if let Some(name) = header {
                header_name(fields, "auth.header", name);
            }
        }
        AuthBody::Headers { headers } => {
            let fits = (1..=HEADERS).contains(&headers.len());
            fields.must(fits, "auth.headers", &format!("must be 1 to {HEADERS}"));
            for (name, value) in headers {
                header_name(fields, &format!("auth.headers.{name}"), name);
                header_value(fields, &format!("auth.headers.{name}"), value);
            }
        }
        AuthBody::Oauth2 { token_url, client_id, client_secret, refresh_token, scopes } => {
            base_url::check_as(fields, "auth.token_url", allowed, token_url);
            fields.key("auth.client_id", client_id);
            for (field, secret) in
                [("auth.client_secret", client_secret), ("auth.refresh_token", refresh_token)]
            {
                if let Some(secret) = secret {
                    fields.key(field, secret);
                }
            }
            let one = client_secret.is_some() || refresh_token.is_some();
            fields.must(one, "auth", "needs a client_secret, or a refresh_token, or both");
            names(fields, "auth.scopes", scopes);
        }
    }
}

fn header_name(fields: &mut Fields, field: &str, name: &str) {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let fits = (1..=NAME_BYTES).contains(&name.len()) && name.bytes().all(is_token);
    let lower = name.to_ascii_lowercase();
    let is_ours = OURS.contains(&lower.as_str()) || lower.starts_with("mcp-");
    fields.must(fits, field, "must be a header's name");
    fields.must(!is_ours, field, "must not be a header that says how a request is sent");
}

fn header_value(fields: &mut Fields, field: &str, value: &str) {
    let plain = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let fits = (1..=KEY_BYTES).contains(&value.len()) && value.trim() == value;
    fields.must(plain && fits, field, &format!("must be 1 to {KEY_BYTES} printable ASCII characters"));
}
