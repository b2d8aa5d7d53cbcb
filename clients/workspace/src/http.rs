//! What goes over HTTP: what is too large for the socket, and enrolment.

use std::time::Duration;

use bytes::Bytes;
use chat::{
    agent::{AgentAnswer, CallToken},
    id::WorkspaceId,
};
use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

const TIMEOUT: Duration = Duration::from_secs(30);
const ANSWER_BYTES: usize = 1024 * 1024;

/// The deployment's HTTP API.
#[derive(Clone, Debug)]
pub struct Api {
    url: String,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// What an enrolment brings.
#[derive(Clone, Debug, Deserialize)]
pub struct Enrolled {
    /// The workspace that this machine is now.
    pub workspace_id: WorkspaceId,
    /// Where its agent is expected.
    pub socket_url: String,
}

/// Why a request was not answered as it should be.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// It will not be, however often it is sent.
    #[error("{0}")]
    Lasting(String),
    /// Whoever answered does not know the agent, or is not the deployment.
    #[error("{0}")]
    Unknown(String),
    /// It may be, later.
    #[error("{0}")]
    Passing(String),
}

impl Api {
    /// Makes the client of the API at `url`.
    ///
    /// # Errors
    /// That is no address, or the machine's certificates cannot be read.
    pub fn new(url: &str) -> Result<Self, Failed> {
        let lasting = |reason: String| Failed::Lasting(format!("{url}: {reason}"));
        let uri = url.parse::<Uri>().ok();
        let uri =
            uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
        let uri = uri.ok_or_else(|| lasting("is not an HTTP address".into()))?;
        let connector = connector(&uri).map_err(|error| lasting(error.to_string()))?;
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { url: url.trim_end_matches('/').to_owned(), client })
    }

    /// Exchanges an enrolment token for a workspace; the same hash again brings the same.
    ///
    /// # Errors
    /// The token is not accepted, or nobody answers.
    pub async fn exchange(&self, enrolment: &str, token_hash: &str) -> Result<Enrolled, Failed> {
        let body = json!({ "enrolment_token": enrolment, "token_hash": token_hash });
        let answer = self.send(Method::POST, "/v1/agent/exchange", None, Some(body)).await?;
        serde_json::from_value(answer)
            .map_err(|error| Failed::Lasting(format!("the enrolment's answer: {error}")))
    }

    /// Returns the arguments of a call.
    ///
    /// # Errors
    /// Nobody answers, or it is no call any more.
    pub async fn args(&self, secret: &str, token: &CallToken) -> Result<Value, Failed> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let path = format!("/v1/agent/calls/{token}");
        if !token.to_string().chars().all(is_plain) {
            return Err(Failed::Lasting("the call's name is none".into()));
        }
        let mut answer = self.send(Method::GET, &path, Some(secret), None).await?;
        match answer.get_mut("args").map(Value::take) {
            Some(args) => Ok(args),
            None => Err(Failed::Lasting("the call's arguments are not there".into())),
        }
    }

    /// Sends answers; returns which need not be kept.
    ///
    /// # Errors
    /// They did not arrive, or are not taken.
    pub async fn answer(&self, secret: &str, answers: &[AgentAnswer]) -> Result<Vec<CallToken>, Failed> {
        let body = json!({ "answers": answers });
        let mut said = self.send(Method::POST, "/v1/agent/answers", Some(secret), Some(body)).await?;
        let named = said.get_mut("acknowledged").map(Value::take);
        let named = named.and_then(|tokens| serde_json::from_value(tokens).ok());
        // Where it names none all were taken.
        Ok(named.unwrap_or_else(|| answers.iter().map(|answer| answer.token.clone()).collect()))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        secret: Option<&str>,
        body: Option<Value>,
    ) -> Result<Value, Failed> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        let mut request = request.header(header::CONTENT_TYPE, "application/json");
        if let Some(secret) = secret {
            request = request.header(header::AUTHORIZATION, format!("Bearer {secret}"));
        }
        let body = Full::from(body.map(|body| body.to_string()).unwrap_or_default());
        let request = request.body(body).map_err(|error| Failed::Lasting(error.to_string()))?;
        let passing = |reason: String| Failed::Passing(format!("no answer from {}: {reason}", self.url));
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| passing(cause(&error)))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_BYTES).collect().await;
            let body = body.map_err(|error| passing(error.to_string()))?.to_bytes();
            judge(status, serde_json::from_slice(&body).unwrap_or_default())
        };
        timeout(TIMEOUT, exchange).await.unwrap_or_else(|_| Err(passing("it took too long".into())))
    }
}

fn judge(status: StatusCode, body: Value) -> Result<Value, Failed> {
    if status.is_success() {
        return Ok(body);
    }
    let message = body.get("message").and_then(Value::as_str).unwrap_or_default();
    let reason = format!("the deployment answered {status} {message}").trim_end().to_owned();
    let is_passing = status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT
        );
    let is_known = !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    // A refusal without a code is a gateway's, or a stranger's.
    Err(match body.get("code").is_some() {
        _ if is_passing => Failed::Passing(reason),
        true if is_known => Failed::Lasting(reason),
        true | false => Failed::Unknown(reason),
    })
}

/// The library's words name every layer before the cause.
fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    error.source().map_or_else(|| error.to_string(), cause)
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
