//! What reached the server, and when.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use axum::http::HeaderMap;
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::watch;

const KEPT_REQUESTS: usize = 4_096;
const KEPT_BYTES: usize = 32 << 20;
const SECRET_HEADERS: &[&str] = &["authorization", "x-api-key", "cookie", "proxy-authorization"];

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// The path, such as `/v1/messages`.
    pub path: String,
    /// Name and value of each header, without those that carry secrets.
    pub headers: Vec<(String, String)>,
    /// The body as it was sent.
    pub body: Bytes,
    /// When the whole body was there.
    pub arrived: Instant,
    /// The provider's words, if it was refused.
    pub refusal: Option<String>,
}

impl Request {
    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The last requests, bounded in number and in size.
#[derive(Debug)]
pub(crate) struct Log {
    kept: Mutex<Kept>,
    total: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    requests: VecDeque<Request>,
    bytes: usize,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self { kept: Mutex::default(), total: watch::Sender::new(0) }
    }

    pub(crate) fn push(&self, request: Request) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        self.total.send_modify(|total| *total += 1);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.requests.iter().cloned().collect()
    }

    pub(crate) async fn reached(&self, total: u64) {
        // The sender is ours, so this cannot fail.
        let _ = self.total.subscribe().wait_for(|seen| *seen >= total).await;
    }
}

impl Kept {
    fn push(&mut self, request: Request) {
        self.bytes += request.body.len();
        self.requests.push_back(request);
        while self.requests.len() > KEPT_REQUESTS || self.bytes > KEPT_BYTES {
            let Some(oldest) = self.requests.pop_front() else { break };
            self.bytes -= oldest.body.len();
        }
    }
}

pub(crate) fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let headers = headers.iter().filter(|(name, _)| !SECRET_HEADERS.contains(&name.as_str()));
    headers
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}
