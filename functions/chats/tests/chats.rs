//! API Gateway's events in; replies and effects out.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail the test")]

#[path = "chats/world.rs"]
mod world;

#[path = "chats/changing.rs"]
mod changing;
#[path = "chats/context.rs"]
mod context;
#[path = "chats/creating.rs"]
mod creating;
#[path = "chats/families.rs"]
mod families;
#[path = "chats/forking.rs"]
mod forking;
#[path = "chats/listing.rs"]
mod listing;
#[path = "chats/refusing.rs"]
mod refusing;
#[path = "chats/workspaces.rs"]
mod workspaces;
