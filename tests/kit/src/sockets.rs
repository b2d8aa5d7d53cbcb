//! Sockets that keep what they are told.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chat::{
    event::Event,
    id::ConnectionId,
    port::{TellError, TellSockets},
};

use crate::faults::Faults;

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It arrives.
    Once,
    /// It arrives twice.
    Twice,
    /// It is lost, and nobody notices.
    Lost,
}

type Plan = dyn Fn(usize) -> Delivery + Send + Sync;

/// Any number of open sockets. Clones share them.
#[derive(Clone)]
pub struct Sockets(Arc<Mutex<Inner>>, Faults);

struct Inner {
    frames: BTreeMap<ConnectionId, Vec<String>>,
    closed: BTreeSet<ConnectionId>,
    told: usize,
    plan: Arc<Plan>,
}

impl Default for Sockets {
    fn default() -> Self {
        Self::new(Faults::default())
    }
}

impl Sockets {
    /// Makes sockets to which every frame gets through unless `faults` says otherwise.
    #[must_use]
    pub fn new(faults: Faults) -> Self {
        let (frames, closed) = (BTreeMap::new(), BTreeSet::new());
        Self(
            Arc::new(Mutex::new(Inner { frames, closed, told: 0, plan: Arc::new(|_| Delivery::Once) })),
            faults,
        )
    }

    /// Decides what becomes of each frame, by its number from 0.
    pub fn deliver(&self, plan: impl Fn(usize) -> Delivery + Send + Sync + 'static) {
        let mut inner = self.lock();
        inner.plan = Arc::new(plan);
        inner.told = 0;
    }

    /// Closes a socket: it answers gone from now on.
    pub fn close(&self, connection: &ConnectionId) {
        self.lock().closed.insert(connection.clone());
    }

    /// Returns the frames that arrived at a socket.
    #[must_use]
    pub fn frames(&self, connection: &ConnectionId) -> Vec<String> {
        self.lock().frames.get(connection).cloned().unwrap_or_default()
    }

    /// Returns the frames that arrived at a socket since this was last asked.
    #[must_use]
    pub fn take_frames(&self, connection: &ConnectionId) -> Vec<String> {
        self.lock().frames.remove(connection).unwrap_or_default()
    }

    /// Returns the chat events that arrived at a socket, in order.
    ///
    /// # Panics
    /// On a frame that is not an array of such events.
    #[must_use]
    pub fn events(&self, connection: &ConnectionId) -> Vec<Event> {
        self.frames(connection).iter().flat_map(|frame| events_of(frame)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TellSockets for Sockets {
    async fn tell(&self, connection: &ConnectionId, frame: &str) -> Result<(), TellError> {
        let told = self.1.around("tell", || tell(&mut self.lock(), connection, frame)).await?;
        if told { Ok(()) } else { Err(TellError::Gone) }
    }
}

fn tell(inner: &mut Inner, connection: &ConnectionId, frame: &str) -> bool {
    assert!(frame.len() <= chat::limit::FRAME_MAX_BYTES, "a frame of {} bytes", frame.len());
    if inner.closed.contains(connection) {
        return false;
    }
    let copies = match (inner.plan)(inner.told) {
        Delivery::Once => 1,
        Delivery::Twice => 2,
        Delivery::Lost => 0,
    };
    inner.told += 1;
    let arrived = inner.frames.entry(connection.clone()).or_default();
    arrived.extend(std::iter::repeat_n(frame.to_owned(), copies));
    true
}

/// Returns the chat events of a frame.
///
/// # Panics
/// On anything that is not an array of such events.
#[must_use]
pub fn events_of(frame: &str) -> Vec<Event> {
    match serde_json::from_str(frame) {
        Ok(events) => events,
        Err(error) => panic!("{error} in {frame}"),
    }
}
