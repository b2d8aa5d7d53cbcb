//! API Gateway's events in; replies, wakes and frames out.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

#[path = "messages/world.rs"]
mod world;

#[path = "messages/editing.rs"]
mod editing;
#[path = "messages/listing.rs"]
mod listing;
#[path = "messages/queueing.rs"]
mod queueing;
#[path = "messages/refusing.rs"]
mod refusing;
#[path = "messages/sending.rs"]
mod sending;
#[path = "messages/servers.rs"]
mod servers;
#[path = "messages/stopping.rs"]
mod stopping;
#[path = "messages/tools.rs"]
mod tools;
