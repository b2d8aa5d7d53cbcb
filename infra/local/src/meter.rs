//! What AWS would bill for.

mod read;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use dynamo::Consumed;
use edge::price::LOG_LINE_BYTES;
use serde::Serialize;

use crate::clock::millis;

pub(crate) use read::Read;

/// What one function used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct FunctionUse {
    /// Invocations, failed ones included.
    pub invocations: u64,
    /// Invocations that failed as a whole.
    pub failures: u64,
    /// Wall time, each invocation rounded up to a millisecond.
    pub billed_ms: u64,
    /// Wall time × configured memory: divide by 1,024,000 for gigabyte seconds.
    pub megabyte_ms: u64,
}

/// What a stack used since its start or the last reset.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Usage {
    /// By the function's logical name.
    pub functions: BTreeMap<String, FunctionUse>,
    /// Requests through the HTTP gateway.
    pub http_requests: u64,
    /// SQS requests of 64 KB, those of the event sources (a receive and a delete per message) included.
    pub sqs_requests: u64,
    /// Socket messages of 32 KB, both directions.
    pub socket_messages: u64,
    /// DynamoDB read request units.
    pub read_units: f64,
    /// DynamoDB write request units.
    pub write_units: f64,
    /// Bytes of the invocations' lines, with what is billed beside each.
    pub log_bytes: u64,
    /// DynamoDB calls, whatever their units.
    pub table_calls: u64,
    /// Reads by who read what: function, operation, table, and the first word of the partition, as in
    /// `Step Query quickstep-directory catalogue`. What is only an id has no word.
    pub reads: BTreeMap<String, u64>,
}

/// Counts. Cheap to clone; clones are the same meter.
#[derive(Clone, Default)]
pub struct Meter(Arc<Mutex<Usage>>);

impl Meter {
    /// Returns what was counted so far.
    pub fn snapshot(&self) -> Usage {
        self.lock().clone()
    }

    /// Starts again at nothing; returns what was counted.
    pub fn reset(&self) -> Usage {
        std::mem::take(&mut self.lock())
    }

    pub(crate) fn invoked(&self, function: &str, took: Duration, memory_mb: u64, failed: Failed) {
        let billed_ms =
            millis(took).saturating_add(u64::from(!took.subsec_nanos().is_multiple_of(1_000_000)));
        let mut usage = self.lock();
        if !usage.functions.contains_key(function) {
            usage.functions.insert(function.to_owned(), FunctionUse::default());
        }
        let Some(used) = usage.functions.get_mut(function) else { return };
        used.invocations += 1;
        used.failures += u64::from(failed == Failed::Yes);
        used.billed_ms += billed_ms;
        used.megabyte_ms += billed_ms.saturating_mul(memory_mb);
    }

    pub(crate) fn http_request(&self) {
        self.lock().http_requests += 1;
    }

    pub(crate) fn sqs_request(&self, size_bytes: usize) {
        self.lock().sqs_requests += chunks(size_bytes, 64 * 1024);
    }

    pub(crate) fn socket_message(&self, size_bytes: usize) {
        self.lock().socket_messages += chunks(size_bytes, 32 * 1024);
    }

    pub(crate) fn log_line(&self, line: &str) {
        let bytes = line.len() + LOG_LINE_BYTES;
        self.lock().log_bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
    }

    pub(crate) fn table_call(&self, consumed: Consumed) {
        let mut usage = self.lock();
        usage.table_calls += 1;
        usage.read_units += consumed.read_units;
        usage.write_units += consumed.write_units;
    }

    pub(crate) fn read(&self, function: &str, read: &Read) {
        *self.lock().reads.entry(format!("{function} {read}")).or_default() += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Usage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meter")
    }
}

/// Whether an invocation failed as a whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Failed {
    Yes,
    No,
}

fn chunks(size_bytes: usize, chunk_bytes: usize) -> u64 {
    u64::try_from(size_bytes.div_ceil(chunk_bytes).max(1)).unwrap_or(u64::MAX)
}
