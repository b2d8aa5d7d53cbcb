//! The open connections, and what functions do to them (`@connections`).

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::ConnectorError};
use serde_json::json;
use tokio::sync::{Notify, mpsc, watch};

use super::event::Connection;
use crate::{
    clock::{Clock, rfc3339},
    cloud::{json_response, response},
    meter::Meter,
};

const MESSAGE_BYTES: usize = 128 * 1024;
/// What waits for a slow reader before it is cut off.
const WAITING_BYTES: usize = 1024 * 1024;
const WAITING_MESSAGES: usize = 512;

/// What is to be written to a connection.
#[derive(Debug)]
pub(super) enum Outgoing {
    Text(String),
    Close(u16, &'static str),
}

/// The sending half of a connection, shared by whoever posts to it.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) connection: Arc<Connection>,
    outgoing: mpsc::Sender<Outgoing>,
    pub(super) waiting_bytes: Arc<AtomicUsize>,
    /// Told when the reader is too slow.
    pub(super) cut: Arc<Notify>,
    active_ms: Arc<AtomicU64>,
}

impl Line {
    pub(super) fn new(connection: Connection) -> (Self, mpsc::Receiver<Outgoing>) {
        let (outgoing, queue) = mpsc::channel(WAITING_MESSAGES);
        let active_ms = Arc::new(AtomicU64::new(connection.connected_ms));
        let connection = Arc::new(connection);
        let line =
            Self { connection, outgoing, waiting_bytes: Arc::default(), cut: Arc::default(), active_ms };
        (line, queue)
    }

    pub(super) fn touch(&self, now_ms: u64) {
        self.active_ms.store(now_ms, Ordering::Relaxed);
    }

    pub(super) fn active_ms(&self) -> u64 {
        self.active_ms.load(Ordering::Relaxed)
    }

    /// False if the reader is too slow or gone.
    pub(super) fn post(&self, text: String) -> bool {
        let size = text.len();
        if self.waiting_bytes.fetch_add(size, Ordering::Relaxed) + size > WAITING_BYTES {
            return false;
        }
        self.outgoing.try_send(Outgoing::Text(text)).is_ok()
    }

    pub(super) fn close(&self, code: u16, reason: &'static str) {
        // A full queue means a reader that is being cut off anyway.
        let _ = self.outgoing.try_send(Outgoing::Close(code, reason));
    }
}

/// All open connections. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sockets(Arc<Inner>);

struct Inner {
    open: Mutex<HashMap<String, Line>>,
    /// Connections that have begun and not told `$disconnect` yet.
    attended: watch::Sender<usize>,
    meter: Meter,
    clock: Clock,
}

impl Sockets {
    pub(crate) fn new(meter: Meter, clock: Clock) -> Self {
        Self(Arc::new(Inner { open: Mutex::default(), attended: watch::Sender::new(0), meter, clock }))
    }

    pub(super) fn add(&self, line: Line) {
        self.open().insert(line.connection.id.clone(), line);
    }

    /// Forgets a connection, which ends its writer once nobody else holds its line.
    pub(super) fn remove(&self, id: &str) -> bool {
        self.open().remove(id).is_some()
    }

    pub(super) fn attend(&self) -> Attended {
        self.0.attended.send_modify(|count| *count += 1);
        Attended(self.clone())
    }

    /// Waits until every connection has ended.
    pub(crate) async fn gone(&self) {
        // The sender lives as long as this.
        let _ = self.0.attended.subscribe().wait_for(|count| *count == 0).await;
    }

    pub(crate) fn close_all(&self) {
        for line in self.open().values() {
            line.close(1001, "going away");
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.open().len()
    }

    /// Answers one request to `@connections/{id}`.
    pub(crate) fn manage(&self, method: &str, id: &str, body: &[u8]) -> Result<HttpResponse, ConnectorError> {
        if body.len() > MESSAGE_BYTES {
            return refused(413, "PayloadTooLargeException");
        }
        let Some(line) = self.open().get(id).cloned() else { return refused(410, "GoneException") };
        match method {
            "POST" => self.post(&line, body),
            "DELETE" => {
                line.close(1000, "");
                response(204, Vec::new())
            }
            "GET" => json_response(200, &self.describe(&line)),
            _ => refused(403, "ForbiddenException"),
        }
    }

    fn post(&self, line: &Line, body: &[u8]) -> Result<HttpResponse, ConnectorError> {
        self.0.meter.socket_message(body.len());
        line.touch(self.0.clock.now_ms());
        if line.post(String::from_utf8_lossy(body).into_owned()) {
            return response(200, Vec::new());
        }
        tracing::info!(connection = line.connection.id, "a reader is too slow and is cut off");
        line.cut.notify_one();
        self.remove(&line.connection.id);
        refused(410, "GoneException")
    }

    fn describe(&self, line: &Line) -> serde_json::Value {
        json!({
            "connectedAt": rfc3339(line.connection.connected_ms),
            "identity": {"sourceIp": line.connection.source_ip, "userAgent": line.connection.user_agent},
            "lastActiveAt": rfc3339(line.active_ms()),
        })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<String, Line>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Sockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sockets").field("open", &self.count()).finish()
    }
}

/// A connection that has not ended.
pub(super) struct Attended(Sockets);

impl Drop for Attended {
    fn drop(&mut self) {
        self.0.0.attended.send_modify(|count| *count -= 1);
    }
}

fn refused(status: u16, name: &str) -> Result<HttpResponse, ConnectorError> {
    let mut refused = json_response(status, &json!({"message": name}))?;
    refused.headers_mut().insert("x-amzn-errortype", name.to_owned());
    Ok(refused)
}
