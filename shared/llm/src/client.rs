//! One HTTP client for all providers.

use std::time::Duration;

use chat::{
    account::{Note, note},
    limit::STREAM_SILENCE_MS,
    model::{ModelConfig, ModelError, ModelRequest},
};
use reqwest::{
    Client, RequestBuilder, Response,
    header::{ACCEPT, CONTENT_TYPE},
    redirect::Policy,
};
use rustls::ClientConfig;
use tokio::time::timeout;

use crate::{
    again::Again,
    answer::Answer,
    body,
    classify::classify,
    endpoint::Endpoint,
    fault::{Cause, Fault, without},
    reach::{Outsiders, Reach},
    retry_after::retry_after_ms,
    stream::Stream,
    wire,
};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long the head of an answer may take, as long as a stream may be silent: providers that queue or think first are
/// that slow.
const HEAD: Duration = Duration::from_millis(STREAM_SILENCE_MS);
/// How long the words of a refusal may take.
const REFUSAL: Duration = Duration::from_secs(10);
/// How often a quiet connection is probed.
const PROBE: Duration = Duration::from_secs(30);
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(60);

/// Where providers say what they call a request: Anthropic, OpenAI.
const REQUEST_ID: [&str; 2] = ["request-id", "x-request-id"];
/// No provider's names are longer.
const ID_BYTES: usize = 100;

/// Asks models. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Llm {
    client: Client,
}

impl Llm {
    /// Builds the client.
    ///
    /// # Errors
    /// When there can be none.
    pub fn new(reach: Reach, tls: ClientConfig) -> Result<Self, reqwest::Error> {
        // A redirect would carry the key and the chat to whoever is named in it.
        let builder = match reach {
            Reach::Anywhere => Client::builder(),
            Reach::Outside => Client::builder().dns_resolver(Outsiders),
        };
        let client = builder
            .connect_timeout(CONNECT)
            .redirect(Policy::none())
            .tcp_keepalive(PROBE)
            .tcp_keepalive_interval(PROBE)
            .pool_idle_timeout(IDLE)
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("quickstep/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client })
    }

    /// Sends a request to an endpoint, which has the key to ask with, and waits for the head of the answer.
    ///
    /// # Errors
    /// When there is no key, or the provider cannot be reached or refuses.
    pub async fn ask_at(&self, endpoint: &Endpoint, request: ModelRequest) -> Result<Answer, ModelError> {
        let sent = self.send(endpoint, &request).await;
        let response =
            sent.map_err(|fault| without(classify(fault, &request.model.provider), endpoint.secret()))?;
        let stream = Stream::of(&request).hiding(endpoint.secret().clone());
        Ok(Answer::of(response, stream, Again::of(self, endpoint, request)))
    }

    pub(crate) async fn send(&self, endpoint: &Endpoint, request: &ModelRequest) -> Result<Response, Fault> {
        if endpoint.secret().is_blank() {
            return Err(missing_key(&request.model));
        }
        let late = |_| Fault::new(Cause::Silent, "the provider did not begin to answer in time");
        let response = timeout(HEAD, self.post(endpoint, request)?.send()).await.map_err(late)??;
        note_id(&response);
        if response.status().is_success() && may_stream(&response) {
            Ok(response)
        } else {
            Err(refused(response).await)
        }
    }

    fn post(&self, endpoint: &Endpoint, request: &ModelRequest) -> Result<RequestBuilder, Fault> {
        let (url, body) = (endpoint.url(&request.model), encoded(request));
        let headers = endpoint.headers(request.model.api, &url, &body)?;
        let post = self.client.post(url).headers(headers).header(ACCEPT, "text/event-stream");
        Ok(post.header(CONTENT_TYPE, "application/json").body(body))
    }
}

/// Returns the body that a request is sent with: JSON in its model's wire format.
#[must_use]
pub fn encoded(request: &ModelRequest) -> String {
    wire::encode(request).to_string()
}

fn missing_key(model: &ModelConfig) -> Fault {
    Fault::new(Cause::MissingKey, format!("no API key is configured for {}", model.provider))
}

/// What the provider calls the request, for the log: it is what its support asks for.
fn note_id(response: &Response) {
    let named = REQUEST_ID.iter().find_map(|name| response.headers().get(*name)?.to_str().ok());
    if let Some(id) = named.filter(|id| id.len() <= ID_BYTES) {
        note(Note::ProviderRequest, id);
    }
}

/// A page or a document with a good status is no answer, whatever it says.
fn may_stream(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    !["text/html", "application/json"].iter().any(|document| kind.starts_with(document))
}

async fn refused(mut response: Response) -> Fault {
    let status = response.status();
    let retry_after_ms = retry_after_ms(response.headers());
    let mut said = Vec::new();
    // Words that come late or not at all leave the status to speak.
    let _ = timeout(REFUSAL, read_bounded(&mut response, &mut said)).await;
    body::refusal(status, &said, retry_after_ms)
}

async fn read_bounded(response: &mut Response, said: &mut Vec<u8>) {
    while let Ok(Some(bytes)) = response.chunk().await {
        let room = body::MOST_BYTES.saturating_sub(said.len());
        said.extend(bytes.iter().take(room));
        if said.len() >= body::MOST_BYTES {
            return;
        }
    }
}
