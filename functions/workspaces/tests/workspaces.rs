//! API Gateway's events in; replies and effects out.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

#[path = "workspaces/world.rs"]
mod world;

#[path = "workspaces/changing.rs"]
mod changing;
#[path = "workspaces/enrolling.rs"]
mod enrolling;
#[path = "workspaces/making.rs"]
mod making;
#[path = "workspaces/reading.rs"]
mod reading;
#[path = "workspaces/refusing.rs"]
mod refusing;
