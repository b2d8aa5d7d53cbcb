//! What AWS asks, in millionths of a dollar: on demand, as published for us-east-1 on arm64.

use std::time::Duration;

/// Of a gigabyte of a function's memory for a second.
pub const GIGABYTE_SECOND: f64 = 13.333_4;
/// Gigabytes of memory that a function has: 128 MB.
pub const GIGABYTES: f64 = 0.125;
/// Of an invocation.
pub const INVOCATION: f64 = 0.2;
/// Of a message of up to 32 KB to a socket.
pub const SOCKET_MESSAGE: f64 = 1.0;
/// Of a request to a queue.
pub const QUEUE_REQUEST: f64 = 0.4;
/// Of a table's read request unit.
pub const READ_UNIT: f64 = 0.125;
/// Of a table's write request unit.
pub const WRITE_UNIT: f64 = 0.625;

/// Returns what a function's memory costs for as long as that.
#[must_use]
pub fn of_time(time: Duration) -> f64 {
    time.as_secs_f64() * GIGABYTES * GIGABYTE_SECOND
}
