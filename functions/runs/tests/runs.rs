//! API Gateway's events in; replies and effects out.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

#[path = "runs/world.rs"]
mod world;

#[path = "runs/killing.rs"]
mod killing;
#[path = "runs/listing.rs"]
mod listing;
#[path = "runs/refusing.rs"]
mod refusing;
