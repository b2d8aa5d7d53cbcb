//! The embedded database and its life.

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use dynoxide::{Database, DynoxideError};

use crate::{
    dispatch::{Call, dispatch},
    lane::Lane,
    reply::Reply,
    tokens::Tokens,
};

const TARGET_PREFIX: &str = "DynamoDB_20120810.";

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("embedded database {path}: {reason}")]
pub struct OpenError {
    path: String,
    reason: String,
}

/// Expired items could not be removed.
#[derive(Debug, thiserror::Error)]
#[error("sweep of expired items: {0}")]
pub struct SweepError(String);

/// An embedded DynamoDB. Cheap to clone; clones are the same database.
#[derive(Clone)]
pub struct Dynamo(Arc<Inner>);

struct Inner {
    // `None` once closed.
    database: RwLock<Option<Database>>,
    tokens: Mutex<Tokens>,
    lane: Arc<Lane>,
}

impl Dynamo {
    /// Opens or creates the database file at `path`.
    ///
    /// What it acknowledges survives the death of the process, though not of the machine.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref().display().to_string();
        let database = Database::new(&path).and_then(without_sync_per_commit);
        database.map(Self::new).map_err(|error| OpenError { path, reason: error.to_string() })
    }

    /// Makes an empty database in memory.
    pub fn memory() -> Result<Self, OpenError> {
        Database::memory()
            .map(Self::new)
            .map_err(|error| OpenError { path: ":memory:".into(), reason: error.to_string() })
    }

    fn new(database: Database) -> Self {
        Self(Arc::new(Inner {
            database: RwLock::new(Some(database)),
            tokens: Mutex::default(),
            lane: Arc::default(),
        }))
    }

    /// Answers one request of the JSON protocol, on the calling thread.
    ///
    /// `target` is the `x-amz-target` header, `DynamoDB_20120810.PutItem`.
    pub fn handle(&self, target: &str, body: &[u8]) -> Reply {
        let Some(operation) = target.strip_prefix(TARGET_PREFIX) else {
            return Reply::unknown_operation();
        };
        let Some(database) = self.database() else {
            return Reply::failed(&DynoxideError::InternalServerError("the database is closed".into()));
        };
        let call = Call { database: &database, tokens: &self.0.tokens, body };
        dispatch(operation, &call).unwrap_or_else(|error| Reply::failed(&error))
    }

    /// As [`Dynamo::handle`], on a blocking thread: an async caller's own thread goes on.
    pub async fn call(&self, target: &str, body: Vec<u8>) -> Reply {
        let (dynamo, target) = (self.clone(), target.to_owned());
        let answered = self.0.lane.run(move || dynamo.handle(&target, &body)).await;
        answered.unwrap_or_else(|| {
            Reply::failed(&DynoxideError::InternalServerError("the call was abandoned".into()))
        })
    }

    /// Removes items whose time to live has passed and answers how many.
    pub async fn sweep_ttl(&self) -> Result<usize, SweepError> {
        let Some(database) = self.database() else { return Ok(0) };
        // Not in the lane: a sweep takes its own turns at the lock, a page at a time.
        let sweep = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
        match sweep {
            Ok(swept) => swept.map_err(|error| SweepError(error.to_string())),
            Err(lost) => Err(SweepError(lost.to_string())),
        }
    }

    /// Answers what was asked before, then closes the file; later calls fail with 500.
    pub async fn close(&self) {
        let inner = Arc::clone(&self.0);
        let close = move || inner.database.write().unwrap_or_else(PoisonError::into_inner).take();
        // The last handle closes SQLite, which copies the write-ahead log back: here, not on a worker.
        self.0.lane.run(move || drop(close())).await;
    }

    fn database(&self) -> Option<Database> {
        self.0.database.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Dynamo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dynamo")
    }
}

/// Leaves SQLite at `synchronous = NORMAL`: a sync per checkpoint and none per commit. That is the one
/// way to it through the engine's surface; the state between the two calls holds no data at risk yet.
fn without_sync_per_commit(database: Database) -> Result<Database, DynoxideError> {
    database.enable_bulk_loading()?;
    database.disable_bulk_loading()?;
    Ok(database)
}
