//! API Gateway's events in; replies and effects out.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

#[path = "settings/world.rs"]
mod world;

#[path = "settings/mine.rs"]
mod mine;
#[path = "settings/models.rs"]
mod models;
#[path = "settings/providers.rs"]
mod providers;
#[path = "settings/refusing.rs"]
mod refusing;
#[path = "settings/servers.rs"]
mod servers;
#[path = "settings/spending.rs"]
mod spending;
