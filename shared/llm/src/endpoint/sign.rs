//! Signature version 4 of AWS.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{address::bedrock_region, auth::AwsKeys};
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
        .region(bedrock_region(url).unwrap_or(&keys.region))
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

#[cfg(test)]
mod tests {
    use chat::time::Timestamp;

    use super::*;
    use crate::endpoint::Secret;

    /// What botocore 1.44.5 (`botocore.auth.SigV4Auth`) makes of the same keys, time and body.
    const SIGNATURES: [(&str, Option<&str>, &str); 5] = [
        (
            "https://bedrock-runtime.eu-west-1.amazonaws.com/anthropic/v1/messages",
            None,
            "eu-west-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, \
             Signature=4ddb0cb954e9d05251745cb4f06ee18c933f3f09713d6d9ed8338a2dc2d73afc",
        ),
        (
            "https://bedrock-runtime.eu-west-1.amazonaws.com/anthropic/v1/messages",
            Some("AQoDYXdzEPT//////////wEXAMPLE"),
            "eu-west-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, \
             Signature=412eb92e8d42eb2671ae56a7e2463906210aa711bebd0bea6a67e283f08d8f4e",
        ),
        (
            "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1/responses",
            None,
            "eu-west-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, \
             Signature=d69202301b214bae5c346417a7047c3f29256403d5b9ed62f2ba22e44bfb620e",
        ),
        (
            "https://bedrock-mantle.eu-west-1.api.aws/anthropic/v1/messages",
            None,
            "eu-west-1/bedrock-mantle/aws4_request, SignedHeaders=host;x-amz-date, \
             Signature=ec183fc53bdbc65f5eb4dcd22adbdcf8f3332deec85eb82ed3609ba823cb3628",
        ),
        (
            "https://vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com/a%20b/v1:0/messages",
            None,
            "eu-west-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, \
             Signature=7519f36790373c2aa9e53853d1981485fed145a568e54c5f73043daa2090ce0e",
        ),
    ];
    const BODY: &str =
        r#"{"model":"eu.anthropic.claude-opus-4-7","messages":[{"role":"user","content":"Grüße"}]}"#;

    #[test]
    fn signatures_are_those_of_botocore() {
        for (url, token, expect) in SIGNATURES {
            let keys = AwsKeys {
                access_key_id: "AKIDEXAMPLE".to_owned(),
                secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                session_token: token.map(Secret::new),
                // The addresses name another, which goes before it.
                region: "us-east-1".to_owned(),
                signed_at: Timestamp(1_700_000_000_000),
            };
            let headers = headers(&keys, url, BODY).unwrap();
            let expect = format!("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/{expect}");
            assert_eq!(headers["authorization"], expect, "{url}");
            assert_eq!(headers["x-amz-date"], "20231114T221320Z");
            let sent = headers.get("x-amz-security-token").map(|token| token.to_str().unwrap());
            assert_eq!(sent, token);
        }
    }
}
