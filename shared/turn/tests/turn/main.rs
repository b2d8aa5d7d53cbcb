//! A chat moves, on the in-memory ports, with a scripted model and a paused clock.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

mod agents;
mod bill;
mod compaction;
mod context;
mod crash;
mod endings;
mod failures;
mod following;
mod interrupts;
mod labels;
mod money;
mod offers;
mod plain;
mod progress;
mod queue;
mod races;
mod seeing;
mod servers;
mod spending;
mod titles;
mod tools;
mod workspaces;
mod world;
