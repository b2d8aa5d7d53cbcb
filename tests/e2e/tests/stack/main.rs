//! Walkthroughs of a running stack.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod formats;
mod support;
