//! The binary, against a stack.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod admin;
mod chat;
mod outage;
mod program;
mod refusals;
mod runs;
mod titles;
mod world;
