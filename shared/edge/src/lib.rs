//! How a function starts: Lambda events, configuration, replies, telemetry.

pub mod function;

pub use function::{Function, FunctionError, Invocation};
