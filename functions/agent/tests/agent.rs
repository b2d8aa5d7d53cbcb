//! Events of both APIs in; what agents and chats are told out.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

#[path = "agent/world.rs"]
mod world;

#[path = "agent/answering.rs"]
mod answering;
#[path = "agent/coming.rs"]
mod coming;
#[path = "agent/http.rs"]
mod http;
