//! Messages of the queue in; answers in chats and lists of tools out. The servers are real: HTTP on the loopback interface.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

#[path = "mcp/world.rs"]
mod world;

#[path = "mcp/calling.rs"]
mod calling;
#[path = "mcp/listing.rs"]
mod listing;
#[path = "mcp/showing.rs"]
mod showing;
#[path = "mcp/speaking.rs"]
mod speaking;
