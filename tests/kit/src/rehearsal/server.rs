//! HTTP: routes, headers, bodies.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request as HttpRequest, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::Response,
    routing::{any, get, post},
};
use bytes::Bytes;
use futures::{Stream, stream};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{
    dialect::Dialect,
    director::{Director, Take},
    log::{self, Log, Request},
    player::{Broken, Player},
    refusal::Refusal,
    script::{Failure, Fault, Mishap, Trouble},
    seal::Seed,
    talk::Talk,
};
use crate::aside;

/// As the real ones; larger bodies are refused.
const MAX_BODY_BYTES: usize = 32 << 20;

/// What every request shares.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) director: Director,
    /// What is asked for turns.
    pub(crate) log: Log,
    /// What is asked beside them.
    pub(crate) asides: Log,
    /// Closed when streams are to be dropped.
    pub(crate) closing: watch::Receiver<()>,
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    // Base URLs are written with and without `/v1`; both spellings work with each format.
    let prefixes = ["", "/v1", "/v1/v1"];
    let routes = prefixes.into_iter().fold(Router::new(), |routes, prefix| {
        routes
            .route(&format!("{prefix}/messages"), post(messages))
            .route(&format!("{prefix}/responses"), post(responses))
            .route(&format!("{prefix}/chat/completions"), post(completions))
            .route(&format!("{prefix}/models"), get(models))
    });
    // Google's client asks the stable version unless told otherwise.
    let routes = ["/v1", "/v1beta"]
        .into_iter()
        .fold(routes, |routes, version| routes.route(&format!("{version}/models/{{call}}"), post(generate)));
    routes.fallback(any(unknown)).layer(DefaultBodyLimit::max(MAX_BODY_BYTES)).with_state(shared)
}

async fn messages(state: State<Arc<Shared>>, request: HttpRequest) -> Response {
    answer(state.0, Dialect::Anthropic, request).await
}

async fn responses(state: State<Arc<Shared>>, request: HttpRequest) -> Response {
    answer(state.0, Dialect::Responses, request).await
}

async fn completions(state: State<Arc<Shared>>, request: HttpRequest) -> Response {
    answer(state.0, Dialect::Completions, request).await
}

async fn generate(state: State<Arc<Shared>>, request: HttpRequest) -> Response {
    answer(state.0, Dialect::Generate, request).await
}

async fn models() -> Response {
    let models = ["rehearsal-1", "claude-rehearsal", "gpt-rehearsal"];
    let list: Vec<_> =
        models.iter().map(|id| json!({"id": id, "object": "model", "type": "model"})).collect();
    json_response(StatusCode::OK, &json!({"object": "list", "data": list, "has_more": false}))
}

async fn unknown(uri: Uri) -> Response {
    let refusal = Refusal::new(404, "not_found_error", format!("Not found: {}", uri.path()));
    json_response(StatusCode::NOT_FOUND, &Dialect::Anthropic.error(&refusal, ""))
}

async fn answer(shared: Arc<Shared>, dialect: Dialect, request: HttpRequest) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_BODY_BYTES).await;
    let arrived = Instant::now();
    let read = match &body {
        Ok(bytes) => read(dialect, head.uri.path(), &head.headers, bytes),
        Err(_) => Err(dialect.fault(Fault::TooLarge)),
    };
    let is_aside = read.as_ref().is_ok_and(|(_, talk)| aside::answer(&talk.prompt).is_some());
    let log = if is_aside { &shared.asides } else { &shared.log };
    log.push(Request {
        path: head.uri.path().to_owned(),
        headers: log::shown(&head.headers),
        body: body.unwrap_or_default(),
        arrived,
        refusal: read.as_ref().err().map(|refusal| refusal.message.clone()),
    });
    match read {
        Ok((body, talk)) => perform(&shared, dialect, &body, &talk).await,
        Err(refusal) => refused(dialect, &refusal, &shared.director.request_seed()),
    }
}

fn read(dialect: Dialect, path: &str, headers: &HeaderMap, bytes: &Bytes) -> Result<(Value, Talk), Refusal> {
    dialect.admit(headers)?;
    let body: Value = serde_json::from_slice(bytes)
        .map_err(|error| Refusal::invalid(format!("The request body is not valid JSON: {error}")))?;
    let body = dialect.addressed(path, body);
    let talk = dialect.read(&body)?;
    Ok((body, talk))
}

async fn perform(shared: &Shared, dialect: Dialect, body: &Value, talk: &Talk) -> Response {
    let Take { scene, script, troubles } = shared.director.direct(talk);
    let seed = scene.seed;
    if let Some(failure) = troubles.iter().find_map(Trouble::failure) {
        return refused(dialect, &refusal(dialect, failure), &seed);
    }
    let mut player = Player::new(dialect, dialect.wire(body), scene, &script, troubles);
    let closing = shared.closing.clone();
    let response = if talk.stream {
        let chunks = Body::from_stream(chunks(player, closing));
        with_body(StatusCode::OK, "text/event-stream; charset=utf-8", chunks)
    } else {
        match whole(&mut player, closing).await {
            Ok(whole) => json_response(StatusCode::OK, &whole),
            Err(Broken::GaveUp(refusal)) => refused(dialect, &refusal, &seed),
            Err(Broken::Cut) => {
                let cut: Result<Bytes, _> = Err(player.cut());
                with_body(StatusCode::OK, "application/json", Body::from_stream(stream::iter([cut])))
            }
        }
    };
    identified(response, dialect, &seed)
}

async fn whole(player: &mut Player, mut closing: watch::Receiver<()>) -> Result<Value, Broken> {
    tokio::select! {
        whole = player.whole() => whole,
        _ = closing.changed() => Err(Broken::Cut),
    }
}

/// The body of a stream. Nothing is made before the connection wants it.
fn chunks(
    player: Player,
    closing: watch::Receiver<()>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::unfold((player, closing), |(mut player, mut closing)| async move {
        let chunk = tokio::select! {
            chunk = player.next() => chunk?,
            _ = closing.changed() => Err(player.cut()),
        };
        Some((chunk, (player, closing)))
    })
}

impl Trouble {
    fn failure(&self) -> Option<Failure> {
        match self.mishap {
            Mishap::Fail(failure) => Some(failure),
            Mishap::Stall(_) | Mishap::Cut | Mishap::ErrorEvent(_) => None,
        }
    }
}

fn refusal(dialect: Dialect, failure: Failure) -> Refusal {
    let usual = dialect.fault(failure.fault);
    let status = failure.status.unwrap_or(usual.status);
    Refusal { status, retry_after: failure.retry_after, ..usual }
}

fn refused(dialect: Dialect, refusal: &Refusal, seed: &Seed) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_response(status, &dialect.error(refusal, &request_id(seed)));
    if let Some(wait) = refusal.retry_after {
        let (name, value) = retry_after(wait);
        response.headers_mut().insert(name, HeaderValue::from(value));
    }
    identified(response, dialect, seed)
}

/// Whole seconds as HTTP has them; anything finer as the providers do.
fn retry_after(wait: Duration) -> (&'static str, u64) {
    match wait.subsec_nanos() {
        0 => ("retry-after", wait.as_secs()),
        _ => ("retry-after-ms", u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
    }
}

fn request_id(seed: &Seed) -> String {
    format!("req_{}", seed.token("request", 24))
}

fn identified(mut response: Response, dialect: Dialect, seed: &Seed) -> Response {
    if let (Some(name), Ok(value)) = (dialect.request_id(), HeaderValue::try_from(request_id(seed))) {
        response.headers_mut().insert(name, value);
    }
    response
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    with_body(status, "application/json", Body::from(body.to_string()))
}

fn with_body(status: StatusCode, media_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
