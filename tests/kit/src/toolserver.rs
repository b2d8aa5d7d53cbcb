//! A tool server over HTTP, in both transports, and the OAuth 2 server that guards it where that is asked for.
//!
//! Its tools: `echo` says its arguments, `fail` answers an error, `refuse` is refused by the protocol, `hang` never answers,
//! `picture` answers words and an image.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};

/// A running tool server; it ends when it is dropped.
#[derive(Debug)]
pub struct ToolServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// The header that it wants, and its value.
    wants: Option<(String, String)>,
    /// How long its tokens hold, in seconds; none while it wants none.
    tokens: Option<u64>,
    /// The tokens that it gave, and what they were asked for by.
    granted: Vec<Value>,
    tools: Vec<Value>,
    /// What was asked of its tools.
    called: Vec<Value>,
    listed: usize,
    streams: BTreeMap<String, mpsc::UnboundedSender<String>>,
}

impl ToolServer {
    /// Starts one on a free port of the loopback interface.
    ///
    /// # Errors
    /// There is none.
    pub async fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        shared.lock().tools = ["echo", "fail", "hang", "picture", "refuse"].map(tool).into();
        let routes = Router::new()
            .route("/mcp", post(message).get(StatusCode::METHOD_NOT_ALLOWED).delete(StatusCode::OK))
            .route("/sse", get(stream))
            .route("/messages", post(posted))
            .route("/token", post(token))
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            // It ends with its task.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { address, shared, task })
    }

    /// Returns the address of its newer transport.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// Returns the address of its older transport.
    #[must_use]
    pub fn sse_url(&self) -> String {
        format!("http://{}/sse", self.address)
    }

    /// Returns where its tokens are had.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("http://{}/token", self.address)
    }

    /// From now on, refuses who does not send this header.
    pub fn want(&self, header: &str, value: &str) {
        self.shared.lock().wants = Some((header.to_owned(), value.to_owned()));
    }

    /// From now on, refuses who has no token of its own, newest one, which holds for so long.
    pub fn want_tokens(&self, hold_s: u64) {
        self.shared.lock().tokens = Some(hold_s);
    }

    /// Forgets the tokens that it gave: who shows one is refused.
    pub fn forget_tokens(&self) {
        self.shared.lock().wants = Some(("authorization".to_owned(), "Bearer nobody has it".to_owned()));
    }

    /// Has these tools and no others.
    pub fn have(&self, tools: &[&str]) {
        self.shared.lock().tools = tools.iter().map(|name| tool(name)).collect();
    }

    /// Returns what was asked of its tools: name and arguments.
    #[must_use]
    pub fn called(&self) -> Vec<Value> {
        self.shared.lock().called.clone()
    }

    /// Returns how often it was asked for its tools.
    #[must_use]
    pub fn listed(&self) -> usize {
        self.shared.lock().listed
    }

    /// Returns by what its tokens were asked for.
    #[must_use]
    pub fn granted(&self) -> Vec<Value> {
        self.shared.lock().granted.clone()
    }
}

impl Drop for ToolServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lets_in(&self, headers: &HeaderMap) -> bool {
        let inner = self.lock();
        let Some((name, value)) = &inner.wants else { return inner.tokens.is_none() };
        headers.get(name).is_some_and(|shown| shown == value)
    }
}

fn tool(name: &str) -> Value {
    let schema = json!({"type": "object", "properties": {"text": {"type": "string"}}});
    json!({"name": name, "description": format!("Does {name}."), "inputSchema": schema})
}

async fn message(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if !shared.lets_in(&headers) {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response();
    }
    match answer(&shared, &body).await {
        Some(answer) => Json(answer).into_response(),
        None => StatusCode::ACCEPTED.into_response(),
    }
}

/// The older transport: its first event says where to post, with a name of the stream's own.
async fn stream(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if !shared.lets_in(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let (tell, told) = mpsc::unbounded_channel();
    let session = {
        let mut inner = shared.lock();
        let session = inner.streams.len().to_string();
        inner.streams.insert(session.clone(), tell);
        session
    };
    let first = format!("event: endpoint\ndata: /messages?session={session}\n\n");
    let told = futures::stream::unfold(told, |mut told| async move { Some((told.recv().await?, told)) });
    let events = futures::stream::once(std::future::ready(first)).chain(told).map(Ok::<_, Infallible>);
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response()
}

async fn posted(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let stream = query.get("session").and_then(|session| shared.lock().streams.get(session).cloned());
    let Some(stream) = stream.filter(|_| shared.lets_in(&headers)) else { return StatusCode::NOT_FOUND };
    if let Some(answer) = answer(&shared, &body).await {
        // Who does not listen any more is not told.
        let _ = stream.send(format!("event: message\ndata: {answer}\n\n"));
    }
    StatusCode::ACCEPTED
}

/// Each token makes the one before it worthless, and so does each refresh token.
async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    let mut inner = shared.lock();
    let basic = headers.get(header::AUTHORIZATION).and_then(|shown| shown.to_str().ok());
    inner.granted.push(json!({"basic": basic, "body": body}));
    let Some(hold_s) = inner.tokens else { return StatusCode::NOT_FOUND.into_response() };
    let number = inner.granted.len();
    inner.wants = Some(("authorization".to_owned(), format!("Bearer token-{number}")));
    let token = json!({
        "access_token": format!("token-{number}"), "token_type": "Bearer", "expires_in": hold_s,
        "refresh_token": format!("refresh-{number}"),
    });
    Json(token).into_response()
}

/// None for what wants no answer.
async fn answer(shared: &Shared, body: &[u8]) -> Option<Value> {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let id = asked.get("id").cloned()?;
    let params = asked.get("params").cloned().unwrap_or_default();
    let said = match asked.get("method").and_then(Value::as_str).unwrap_or_default() {
        "initialize" => Ok(json!({
            "protocolVersion": params.get("protocolVersion"),
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "kit", "version": "1"},
        })),
        "ping" => Ok(json!({})),
        "tools/list" => {
            let mut inner = shared.lock();
            inner.listed += 1;
            Ok(json!({"tools": inner.tools}))
        }
        "tools/call" => {
            shared.lock().called.push(json!({
                "name": params.get("name"), "arguments": params.get("arguments"),
            }));
            call(&params).await
        }
        _ => Err(json!({"code": -32601, "message": "there is no such method"})),
    };
    Some(match said {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(error) => json!({"jsonrpc": "2.0", "id": id, "error": error}),
    })
}

async fn call(params: &Value) -> Result<Value, Value> {
    let text = |text: &str| json!({"type": "text", "text": text});
    let said = params.pointer("/arguments/text").and_then(Value::as_str).unwrap_or_default();
    match params.get("name").and_then(Value::as_str).unwrap_or_default() {
        "echo" => Ok(json!({"content": [text(&format!("echo: {said}"))]})),
        "fail" => Ok(json!({"content": [text("it did not work")], "isError": true})),
        "picture" => {
            let image = json!({"type": "image", "data": "AAAA", "mimeType": "image/png"});
            Ok(json!({"content": [text("look"), image]}))
        }
        "hang" => {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            Ok(json!({}))
        }
        _ => Err(json!({"code": -32602, "message": "there is no such tool"})),
    }
}
