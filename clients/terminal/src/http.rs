//! One request over HTTP/1.1, plain or TLS.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use serde_json::Value;
use tokio::time::timeout;

const TIMEOUT: Duration = Duration::from_secs(30);
/// A page of 200 messages of 256 KiB would be more; what is asked for here is far less.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// A request that may be sent more than once.
#[derive(Clone)]
pub struct Call {
    /// Its method.
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

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// The request cannot be sent, now or later.
    #[error("{0}")]
    Malformed(String),
    /// Nobody is there: it was not carried out.
    #[error("nothing answers at {url}: {reason}")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
    /// It is not known whether it was carried out.
    #[error("no answer from {url}: {reason}")]
    Lost {
        /// From where.
        url: String,
        /// Why.
        reason: String,
    },
}

/// Sends a request.
///
/// # Errors
/// No answer came.
pub async fn send(url: &str, token: &str, call: &Call) -> Result<Answer, Unanswered> {
    let lost = |reason: String| Unanswered::Lost { url: url.to_owned(), reason };
    let (uri, request) = request(url, token, call)?;
    let connector = connector(&uri).map_err(|error| Unanswered::Malformed(error.to_string()))?;
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let exchange = async {
        let response = client.request(request).await.map_err(|error| unsent(url, error))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| lost(format!("the answer broke off: {error}")))?.to_bytes();
        Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    };
    match timeout(TIMEOUT, exchange).await {
        Ok(outcome) => outcome,
        Err(_) => Err(lost(format!("{} s are over", TIMEOUT.as_secs()))),
    }
}

fn request(url: &str, token: &str, call: &Call) -> Result<(Uri, Request<Full<Bytes>>), Unanswered> {
    let uri = format!("{url}{}", call.path).parse::<Uri>().ok();
    let uri = uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
    let uri = uri.ok_or_else(|| Unanswered::Malformed(format!("{url} is not an HTTP address")))?;
    let mut request = Request::builder()
        .method(call.method.clone())
        .uri(uri.clone())
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(key) = &call.idempotency_key {
        request = request.header("idempotency-key", key);
    }
    let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
    let request = request.body(Full::new(Bytes::from(body)));
    Ok((uri, request.map_err(|error| Unanswered::Malformed(error.to_string()))?))
}

/// The library's words name every layer before the cause.
fn unsent(url: &str, error: legacy::Error) -> Unanswered {
    let (url, connects) = (url.to_owned(), error.is_connect());
    let reason = anyhow::Error::from(error).root_cause().to_string();
    if connects { Unanswered::Unreachable { url, reason } } else { Unanswered::Lost { url, reason } }
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
