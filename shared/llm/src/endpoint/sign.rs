//! Signature version 4 of AWS.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::auth::AwsKeys;
use crate::fault::{Cause, Fault};

/// Returns the headers that sign a `POST` of `body` to `url`. Only the host is signed beside them: what the HTTP
/// client adds later is its own.
pub(super) fn headers(keys: &AwsKeys, url: &str, body: &str) -> Result<HeaderMap, Fault> {
    signed(keys, url, body).map_err(|error| Fault::new(Cause::Unsendable, format!("not signed: {error}")))
}

fn signed(
    keys: &AwsKeys,
    url: &str,
    body: &str,
) -> Result<HeaderMap, Box<dyn std::error::Error + Send + Sync>> {
    let token = keys.session_token.as_ref().map(|token| token.reveal().to_owned());
    let secret = keys.secret_access_key.reveal();
    let identity = Credentials::new(&keys.access_key_id, secret, token, None, "quickstep").into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&keys.region)
        .name(service(url))
        .time(UNIX_EPOCH + Duration::from_millis(keys.signed_at.0))
        .settings(SigningSettings::default())
        .build()?
        .into();
    let request =
        SignableRequest::new("POST", url, std::iter::empty(), SignableBody::Bytes(body.as_bytes()))?;
    let (instructions, _signature) = sign(request, &params)?.into_parts();
    let mut headers = HeaderMap::new();
    for (name, text) in instructions.headers() {
        let mut value = HeaderValue::from_str(text)?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_bytes(name.as_bytes())?, value);
    }
    Ok(headers)
}

/// Both doors of Bedrock sign by their own names.
fn service(url: &str) -> &'static str {
    if url.contains("://bedrock-mantle.") { "bedrock-mantle" } else { "bedrock" }
}
