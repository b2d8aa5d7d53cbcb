//! A tool server over HTTP, in both transports, and the OAuth 2 server that guards it where that is asked for.
//!
//! Its tools: `echo` says its arguments, `fail` answers an error, `refuse` is refused by the protocol, `hang` never answers,
//! `picture` answers words and an image. Others it has where it is told to: `ask` asks the client by the method that it is
//! given and says what it was told, `hold` does so and never says that it has heard that, `stray` says much else before its answer, `deny` answers and says that it was not told, `cut` answers on a stream that is to be taken up
//! again, `poll` on one that is to be taken up many times, `lost` on one that ends, `garble` answers nonsense, `input` wants to be asked again. Of `marked` and `mismarked` an argument is to be a header;
//! the latter says so twice.

mod streams;
mod tools;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use tools::tool;

/// The version that has no handshake and no sessions.
const STATELESS: &str = "2026-07-28";

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
    /// Whether its list never ends.
    is_endless: bool,
    /// What was asked of its tools.
    called: Vec<Value>,
    listed: usize,
    /// The one version that it speaks; none: whichever it is asked for.
    version: Option<String>,
    /// Whether it begins sessions and says no more.
    is_stalled: bool,
    /// Whether it begins sessions for who is then to do without.
    is_of_two_minds: bool,
    /// The sessions that have begun and not ended, and how many have begun.
    sessions: BTreeSet<String>,
    begun: usize,
    /// What was sent to it: the methods of HTTP and of the protocol, and the protocol's headers.
    heard: Vec<Value>,
    /// What it asked clients and was not told yet.
    asks: BTreeMap<String, oneshot::Sender<Value>>,
    /// The answer on a stream that is to be taken up again, and what is answered before to who does so.
    kept: Option<Value>,
    before: VecDeque<StatusCode>,
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
            .route("/mcp", post(streams::message).get(streams::resume).delete(streams::end))
            .route("/sse", get(streams::open))
            .route("/messages", post(streams::posted))
            .route("/nonsense", post("{\"what\":"))
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

    /// Returns an address that answers nonsense.
    #[must_use]
    pub fn nonsense_url(&self) -> String {
        format!("http://{}/nonsense", self.address)
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

    /// From now on, begins sessions and says no more.
    pub fn stall(&self) {
        self.shared.lock().is_stalled = true;
    }

    /// From now on, speaks the version without sessions, and begins one for who asks as others want it all the same.
    pub fn be_of_two_minds(&self) {
        let mut inner = self.shared.lock();
        (inner.version, inner.is_of_two_minds) = (Some(STATELESS.to_owned()), true);
    }

    /// From now on, says after each page of its tools that there is another one.
    pub fn list_without_end(&self) {
        self.shared.lock().is_endless = true;
    }

    /// From now on, speaks this version only. That of 2026-07-28 has no handshake and no sessions.
    pub fn speak(&self, version: &str) {
        self.shared.lock().version = Some(version.to_owned());
    }

    /// Returns what was sent to it over the newer transport, and forgets it: `http` and `method`, and by their names the
    /// protocol's headers.
    #[must_use]
    pub fn heard(&self) -> Vec<Value> {
        std::mem::take(&mut self.shared.lock().heard)
    }

    /// Returns how many sessions have not ended.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.shared.lock().sessions.len()
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
