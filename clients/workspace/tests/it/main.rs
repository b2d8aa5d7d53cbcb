//! The program, against a deployment that is played.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod calls;
mod death;
mod enrolment;
mod world;
