//! What AWS bills for an invocation, in millionths of a dollar.
//!
//! On demand, us-east-1, arm64, the first tier, without the free one, as published in November 2026 on
//! <https://aws.amazon.com/lambda/pricing/> and the pages of the other services beside it.

use chat::account::{Book, Count};

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
    let billed_ms = book.whole.as_micros().div_ceil(1_000) as f64;
    let queue_requests = times(Count::QueueRequest) + REQUESTS_PER_WAKE * times(Count::Step);
    INVOCATION
        + GIGABYTE_SECOND * billed_ms / 1_000.0 * memory_mb as f64 / 1_024.0
        + READ_UNIT * read_units
        + WRITE_UNIT * write_units
        + QUEUE_REQUEST * queue_requests
        + SOCKET_MESSAGE * times(Count::Push)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chat::account::{Account, count, keep, spent};

    use super::*;

    #[tokio::test]
    async fn everything_has_its_price() {
        let account = Account::open(|| Duration::from_millis(8_000));
        keep(account.clone(), async {
            spent(4.0, 8.0);
            count(Count::Step);
            count(Count::QueueRequest);
            count(Count::Push);
        })
        .await;
        // 0.2 + a gigabyte second + 0.5 + 5 + three requests + a push
        let expected = 0.2 + 13.333_4 + 0.5 + 5.0 + 1.2 + 1.0;
        assert!((estimate(&account.book(), 128) - expected).abs() < 1e-9);
    }
}
