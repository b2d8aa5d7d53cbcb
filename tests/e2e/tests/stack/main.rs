//! Walkthroughs of a running stack.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod auth;
mod bad_input;
mod client_tools;
mod coding;
mod failures;
mod formats;
mod history;
mod idempotency;
mod killed;
mod lists;
mod queue;
mod races;
mod reattach;
mod restart;
mod runs;
mod seeing;
mod sockets;
mod spending;
mod support;
mod titles;
