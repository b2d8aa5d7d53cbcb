//! API Gateway's events in; replies, and what the model was asked, out.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

#[path = "titles/world.rs"]
mod world;

#[path = "titles/refusing.rs"]
mod refusing;
#[path = "titles/suggesting.rs"]
mod suggesting;
