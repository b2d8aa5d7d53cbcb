//! The local stack with hand-made functions.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod deploy;
mod events;
mod http;
mod kill;
mod life;
mod migrations;
mod permissions;
mod planning;
mod process;
mod queues;
mod sockets;
mod terminal;
mod world;
