//! A small GitHub: pull requests and their reviews, over HTTP, as far as they are asked for.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::{net::TcpListener, task::JoinHandle};

/// A running server; it ends with this.
#[derive(Debug)]
pub struct GitHub {
    address: SocketAddr,
    shelf: Shared,
    server: JoinHandle<io::Result<()>>,
}

type Shared = Arc<Mutex<Shelf>>;

#[derive(Debug, Default)]
struct Shelf {
    /// By `owner/name`.
    pulls: Vec<(String, Value)>,
    reviews: Vec<Value>,
    refusal: Option<(u16, Vec<(&'static str, String)>)>,
    asked: Vec<Asked>,
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its path, with its query.
    pub path: String,
    /// What it was asked with.
    pub authorization: Option<String>,
    /// Which answer the caller has already.
    pub if_none_match: Option<String>,
    /// The status that it was answered with.
    pub status: u16,
}

impl GitHub {
    /// Starts one that keeps nothing.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, shelf) = (listener.local_addr()?, Shared::default());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shelf));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, shelf, server })
    }

    /// Returns where its API is.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// Makes a pull request, number 7, of `branch` in `repository` (`owner/name`), in place of the one before; `change` is put
    /// over what it says.
    pub fn open(&self, repository: &str, branch: &str, change: &Value) {
        let owner = repository.split('/').next().unwrap_or_default();
        let mut pull = json!({
            "number": 7, "state": "open", "title": "Mend the fence", "draft": false, "merged": false,
            "html_url": format!("https://github.com/{repository}/pull/7"),
            "user": {"login": "ann", "avatar_url": "https://avatars.example/ann"},
            "base": {"ref": "main"},
            "head": {"ref": branch, "label": format!("{owner}:{branch}")},
            "additions": 10, "deletions": 4, "changed_files": 2, "commits": 3,
        });
        for (name, value) in change.as_object().into_iter().flatten() {
            pull[name] = value.clone();
        }
        let mut shelf = lock(&self.shelf);
        shelf.pulls.retain(|(kept, _)| kept != repository);
        shelf.pulls.push((repository.to_owned(), pull));
    }

    /// Has people say these states of every pull request, the oldest first.
    pub fn review(&self, reviews: &[(&str, &str)]) {
        let reviews = reviews.iter().map(|(who, state)| json!({"user": {"login": who}, "state": state}));
        lock(&self.shelf).reviews = reviews.collect();
    }

    /// Refuses everything with a status and headers; with none it answers again.
    pub fn refuse(&self, refusal: Option<(u16, Vec<(&'static str, String)>)>) {
        lock(&self.shelf).refusal = refusal;
    }

    /// Returns what it was asked, and forgets it.
    #[must_use]
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut lock(&self.shelf).asked)
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(shelf: &Shared) -> MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(State(shelf): State<Shared>, request: Request) -> Response {
    let path = request.uri().path_and_query().map_or("", |path| path.as_str()).to_owned();
    let mut shelf = lock(&shelf);
    let response = reply(&shelf, &path, request.headers());
    let header = |name| request.headers().get(name)?.to_str().ok().map(str::to_owned);
    shelf.asked.push(Asked {
        path,
        authorization: header(header::AUTHORIZATION),
        if_none_match: header(header::IF_NONE_MATCH),
        status: response.status().as_u16(),
    });
    response
}

fn reply(shelf: &Shelf, path: &str, headers: &HeaderMap) -> Response {
    if let Some((status, said)) = &shelf.refusal {
        let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let refused = said.iter().map(|(name, value)| (*name, value.clone()));
        return respond(status, &json!({"message": "no"}), refused);
    }
    let Some(found) = found(shelf, path) else {
        return respond(StatusCode::NOT_FOUND, &json!({"message": "Not Found"}), []);
    };
    let digest = Sha256::digest(found.to_string());
    let etag = format!("W/\"{:02x}{:02x}{:02x}{:02x}\"", digest[0], digest[1], digest[2], digest[3]);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let status = if known == Some(&etag) { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    respond(status, &found, [("etag", etag)])
}

/// `/api/repos/{owner}/{name}/pulls`, `…/{number}`, `…/{number}/reviews`.
fn found(shelf: &Shelf, path: &str) -> Option<Value> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let pieces: Vec<&str> = path.strip_prefix("/api/repos/")?.split('/').collect();
    let [owner, name, "pulls", rest @ ..] = pieces.as_slice() else { return None };
    let repository = format!("{owner}/{name}");
    let mut kept = shelf.pulls.iter().filter(|(at, _)| *at == repository).map(|(_, pull)| pull).peekable();
    kept.peek()?;
    match rest {
        [] => {
            let head = query.split('&').find_map(|pair| pair.strip_prefix("head="))?.replace("%3A", ":");
            let head = head.replace("%2F", "/");
            let of_branch = kept.filter(|pull| pull["head"]["label"] == head.as_str());
            Some(of_branch.cloned().collect())
        }
        [number] => kept.find(|pull| pull["number"].as_u64() == number.parse().ok()).cloned(),
        [_, "reviews"] => Some(shelf.reviews.clone().into()),
        _ => None,
    }
}

fn respond<'a>(
    status: StatusCode,
    body: &Value,
    headers: impl IntoIterator<Item = (&'a str, String)>,
) -> Response {
    let body = if status == StatusCode::NOT_MODIFIED { Body::empty() } else { body.to_string().into() };
    let mut response = Response::builder().status(status).header("content-type", "application/json");
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(body).unwrap_or_default()
}
