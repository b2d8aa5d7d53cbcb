//! One request over HTTP/1.1, plain or TLS.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use serde_json::Value;

const TIMEOUT: Duration = Duration::from_secs(30);
/// A page of 200 messages of 256 KiB would be more; what is asked for here is far less.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// A request that may be sent more than once.
#[derive(Clone)]
pub struct Call {
    /// GET or POST.
    pub method: Method,
    /// The path and query, after the API's address.
    pub path: String,
    /// The same for every attempt; POSTs only.
    pub idempotency_key: Option<String>,
    /// The body.
    pub body: Option<Value>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its body, null where that is not JSON.
    pub body: Value,
}

/// Sends a request.
///
/// # Errors
/// No answer came: it is not known whether the request was carried out.
pub async fn send(url: &str, token: &str, call: &Call) -> anyhow::Result<Answer> {
    tokio::time::timeout(TIMEOUT, exchange(url, token, call)).await?
}

async fn exchange(url: &str, token: &str, call: &Call) -> anyhow::Result<Answer> {
    let uri: Uri = format!("{url}{}", call.path).parse()?;
    let connector = connector(&uri)?;
    let mut request = Request::builder()
        .method(call.method.clone())
        .uri(uri)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(key) = &call.idempotency_key {
        request = request.header("idempotency-key", key);
    }
    let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let response = client.request(request.body(Full::new(Bytes::from(body)))?).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), ANSWER_BYTES).collect().await;
    let body = body.map_err(|error| anyhow::anyhow!("the answer broke off: {error}"))?.to_bytes();
    Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
}

/// The machine's certificates are only read where TLS is spoken.
fn connector(uri: &Uri) -> anyhow::Result<HttpsConnector<HttpConnector>> {
    let provider = aws_lc_rs::default_provider();
    let builder = HttpsConnectorBuilder::new();
    let builder = if uri.scheme_str() == Some("https") {
        builder.with_provider_and_native_roots(provider)?
    } else {
        let config =
            ClientConfig::builder_with_provider(provider.into()).with_safe_default_protocol_versions()?;
        builder.with_tls_config(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
    };
    Ok(builder.https_or_http().enable_http1().build())
}
