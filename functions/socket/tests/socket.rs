//! The WebSocket API's events in; replies, frames and what is kept out.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

#[path = "socket/world.rs"]
mod world;

#[path = "socket/connecting.rs"]
mod connecting;
#[path = "socket/order.rs"]
mod order;
#[path = "socket/refusing.rs"]
mod refusing;
#[path = "socket/small.rs"]
mod small;
#[path = "socket/subscribing.rs"]
mod subscribing;
#[path = "socket/trouble.rs"]
mod trouble;
