//! The sockets of the WebSocket API.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::json;
use tokio::sync::Notify;

use super::{cloud::Answer, lock};

/// All sockets that were ever opened. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Gateway(Arc<Mutex<BTreeMap<String, Arc<Socket>>>>);

/// One socket, as its client holds it.
#[derive(Default)]
pub(crate) struct Socket {
    line: Mutex<Line>,
    /// Something arrived, or the socket closed.
    pub(crate) news: Notify,
}

#[derive(Default)]
struct Line {
    frames: VecDeque<String>,
    closed: bool,
}

impl Gateway {
    /// Opens a socket and returns it with its id.
    pub(crate) fn open(&self) -> (String, Arc<Socket>) {
        let mut sockets = lock(&self.0);
        let id = format!("socket{}", sockets.len() + 1);
        let socket = Arc::new(Socket::default());
        sockets.insert(id.clone(), Arc::clone(&socket));
        (id, socket)
    }

    /// Closes a socket: pushes are answered that it is gone, and its client notices when it looks.
    pub(crate) fn close(&self, id: &str) {
        if let Some(socket) = self.socket(id) {
            socket.close();
        }
    }

    pub(super) fn close_all(&self) {
        lock(&self.0).values().for_each(|socket| socket.close());
    }

    /// Answers a post to `@connections/{id}`.
    pub(super) fn push(&self, id: &str, frame: &[u8]) -> Answer {
        match self.socket(id) {
            Some(socket) if socket.take_in(frame) => Answer::json(200, &json!({})),
            Some(_) | None => Answer::refused(410, "GoneException"),
        }
    }

    pub(super) fn push_late(&self, id: &str, frame: &[u8], after_ms: u64) {
        let (socket, frame) = (self.socket(id), frame.to_vec());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(after_ms)).await;
            socket.is_some_and(|socket| socket.take_in(&frame))
        });
    }

    fn socket(&self, id: &str) -> Option<Arc<Socket>> {
        lock(&self.0).get(id).cloned()
    }
}

impl Socket {
    /// Returns the frame that arrived next.
    pub(crate) fn next(&self) -> Option<String> {
        lock(&self.line).frames.pop_front()
    }

    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.line).closed
    }

    fn close(&self) {
        lock(&self.line).closed = true;
        self.news.notify_one();
    }

    /// False: it is closed.
    fn take_in(&self, frame: &[u8]) -> bool {
        let mut line = lock(&self.line);
        if line.closed {
            return false;
        }
        line.frames.push_back(String::from_utf8_lossy(frame).into_owned());
        drop(line);
        self.news.notify_one();
        true
    }
}
