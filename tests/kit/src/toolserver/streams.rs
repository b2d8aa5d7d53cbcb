//! The two transports.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{STATELESS, Shared, tools};

const SESSION: &str = "mcp-session-id";
const LAST_EVENT: &str = "last-event-id";

pub(super) async fn message(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if !shared.lets_in(&headers) {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response();
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    hear(&shared, "POST", &asked, &headers);
    let session = match entered(&shared, &asked, &headers) {
        Ok(session) => session,
        Err(refusal) => return refusal,
    };
    let (say, told) = mpsc::unbounded_channel();
    let stalls = session.is_some() && shared.lock().is_stalled;
    let answer = if stalls || tools::is_streamed(&asked) {
        tokio::spawn(async move {
            if stalls {
                // Its end would be the stream's.
                return say.closed().await;
            }
            if let Some(answer) = tools::answer(&shared, &asked, &say).await {
                // Who does not listen any more is not told.
                let _ = say.send(tools::event(&answer));
            }
        });
        stream(told, None)
    } else {
        match tools::answer(&shared, &asked, &say).await {
            Some(answer) => Json(answer).into_response(),
            None => StatusCode::ACCEPTED.into_response(),
        }
    };
    match session {
        Some(session) => ([(SESSION, session)], answer).into_response(),
        None => answer,
    }
}

/// A stream that was cut is taken up after its first event.
pub(super) async fn resume(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    hear(&shared, "GET", &Value::Null, &headers);
    match shared.lock().before.pop_front() {
        Some(StatusCode::OK) => return stream(mpsc::unbounded_channel().1, None),
        Some(status) => return status.into_response(),
        None => {}
    }
    let kept = shared.lock().kept.take();
    match kept.filter(|_| headers.get(LAST_EVENT).is_some_and(|id| id == "1")) {
        Some(answer) => {
            let (say, told) = mpsc::unbounded_channel();
            let _ = say.send(format!("id: 2\n{}", tools::event(&answer)));
            stream(told, None)
        }
        None => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

pub(super) async fn end(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> StatusCode {
    hear(&shared, "DELETE", &Value::Null, &headers);
    let session = headers.get(SESSION).and_then(|session| session.to_str().ok()).unwrap_or_default();
    if shared.lock().sessions.remove(session) { StatusCode::OK } else { StatusCode::NOT_FOUND }
}

/// The older transport: its first event says where to post, with a name of the stream's own.
pub(super) async fn open(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if !shared.lets_in(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let (tell, told) = mpsc::unbounded_channel();
    let mut inner = shared.lock();
    let session = inner.streams.len().to_string();
    inner.streams.insert(session.clone(), tell);
    stream(told, Some(format!("event: endpoint\ndata: /messages?session={session}\n\n")))
}

pub(super) async fn posted(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let stream = query.get("session").and_then(|session| shared.lock().streams.get(session).cloned());
    let Some(stream) = stream.filter(|_| shared.lets_in(&headers)) else { return StatusCode::NOT_FOUND };
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(answer) = tools::answer(&shared, &asked, &stream).await {
        let _ = stream.send(tools::event(&answer));
    }
    if asked["params"]["name"] == "deny" { StatusCode::BAD_GATEWAY } else { StatusCode::ACCEPTED }
}

fn stream(told: mpsc::UnboundedReceiver<String>, first: Option<String>) -> Response {
    let told = futures::stream::unfold(told, |mut told| async move { Some((told.recv().await?, told)) });
    let events = futures::stream::iter(first).chain(told).map(Ok::<_, Infallible>);
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response()
}

fn hear(shared: &Shared, http: &str, asked: &Value, headers: &HeaderMap) {
    let mut heard = json!({"http": http});
    if let Some(method) = asked.get("method") {
        heard["method"] = method.clone();
    }
    for (name, value) in headers {
        if name.as_str().starts_with("mcp-") || name == LAST_EVENT {
            heard[name.as_str()] = json!(value.to_str().unwrap_or_default());
        }
    }
    shared.lock().heard.push(heard);
}

/// The session that begins, if one does.
#[expect(clippy::result_large_err, reason = "a refusal is the whole response")]
fn entered(shared: &Shared, asked: &Value, headers: &HeaderMap) -> Result<Option<String>, Response> {
    let mut inner = shared.lock();
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let begins = asked["method"] == "initialize";
    if inner.version.as_deref() == Some(STATELESS) && !(begins && inner.is_of_two_minds) {
        return without_session(asked, &said).map(|()| None);
    }
    if begins {
        inner.begun += 1;
        let session = format!("session-{}", inner.begun);
        inner.sessions.insert(session.clone());
        return Ok(Some(session));
    }
    let is_known = said(SESSION).is_some_and(|session| inner.sessions.contains(session));
    let is_complete = is_known && said("mcp-protocol-version").is_some();
    if is_complete { Ok(None) } else { Err(StatusCode::BAD_REQUEST.into_response()) }
}

/// Each request says for itself who asks and what, in headers as in its body.
#[expect(clippy::result_large_err, reason = "a refusal is the whole response")]
fn without_session<'a>(asked: &Value, said: &impl Fn(&str) -> Option<&'a str>) -> Result<(), Response> {
    let refuse = |code: i32, message: &str| {
        let error = json!({"code": code, "message": message, "data": {"supported": [STATELESS]}});
        let refusal = json!({"jsonrpc": "2.0", "id": asked["id"], "error": error});
        Err((StatusCode::BAD_REQUEST, Json(refusal)).into_response())
    };
    if said("mcp-protocol-version") != Some(STATELESS) {
        return refuse(-32022, "Unsupported protocol version");
    }
    let is_call = asked["method"] == "tools/call";
    let name = if is_call { asked["params"]["name"].as_str() } else { None };
    if said("mcp-method") != asked["method"].as_str() || said("mcp-name") != name || said(SESSION).is_some() {
        return refuse(-32020, "the headers do not say what the body says");
    }
    let meta = &asked["params"]["_meta"];
    if meta["io.modelcontextprotocol/protocolVersion"] != STATELESS
        || !meta["io.modelcontextprotocol/clientCapabilities"].is_object()
    {
        return refuse(-32602, "the request does not say who asks");
    }
    Ok(())
}
