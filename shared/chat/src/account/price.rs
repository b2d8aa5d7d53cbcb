//! What AWS bills for an invocation, in millionths of a dollar.
//!
//! On demand, us-east-1, arm64, the first tier, without the free one, as published in November 2026 on
//! <https://aws.amazon.com/lambda/pricing/> and the pages of the other services beside it.

use std::time::Duration;

use super::book::{Book, Count};

/// A gigabyte of memory for a second.
pub const GIGABYTE_SECOND: f64 = 13.333_4;
/// An invocation.
pub const INVOCATION: f64 = 0.2;
/// A request through the HTTP API.
pub const HTTP_REQUEST: f64 = 1.0;
/// A message of 32 KB over a socket, in either direction.
pub const SOCKET_MESSAGE: f64 = 1.0;
/// A request of 64 KB to a queue.
pub const QUEUE_REQUEST: f64 = 0.4;
/// A read request unit of a table.
pub const READ_UNIT: f64 = 0.125;
/// A write request unit.
pub const WRITE_UNIT: f64 = 0.625;
/// A byte of logs taken in.
pub const LOG_BYTE: f64 = 0.000_5;
/// What is billed beside the bytes of each line.
pub const LOG_LINE_BYTES: usize = 26;

/// What the event source asks of the queue for each wake: a receive and a delete.
const REQUESTS_PER_WAKE: f64 = 2.0;

/// Returns what an invocation cost that took `memory_mb`, as far as it knows itself.
#[must_use]
pub fn estimate(book: &Book, memory_mb: u64) -> f64 {
    let (read_units, write_units) = book.units();
    let times = |what| book.counted(what) as f64;
    let queue_requests = times(Count::QueueRequest) + REQUESTS_PER_WAKE * times(Count::Step);
    INVOCATION
        + memory(book.whole, memory_mb)
        + READ_UNIT * read_units
        + WRITE_UNIT * write_units
        + QUEUE_REQUEST * queue_requests
        + SOCKET_MESSAGE * times(Count::Push)
}

/// Returns what `memory_mb` cost for so long, every millisecond that was begun.
#[must_use]
pub fn memory(time: Duration, memory_mb: u64) -> f64 {
    let billed_ms = time.as_micros().div_ceil(1_000) as f64;
    GIGABYTE_SECOND * billed_ms / 1_000.0 * memory_mb as f64 / 1_024.0
}
