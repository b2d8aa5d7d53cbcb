//! Wakes in; what chats say, what watchers hear and what GitHub is asked out.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

#[path = "pulls/world.rs"]
mod world;

#[path = "pulls/asking.rs"]
mod asking;
#[path = "pulls/telling.rs"]
mod telling;
