//! The rehearsal model, over HTTP.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod client;
mod control;
mod directives;
mod refusals;
mod streams;
