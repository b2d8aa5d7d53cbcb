#![doc = include_str!("../README.md")]

mod clock;
mod cloud;
mod folder;
mod gateway;
pub mod host;
mod kms;
mod meter;
mod microvms;
mod migrating;
mod options;
mod policy;
pub mod queue;
mod schedule;
mod source;
mod stack;
mod tables;
pub mod template;
pub mod wiring;

pub use host::{Functions, Wiring};
pub use meter::{FunctionUse, Meter, Usage};
pub use options::{Lines, Options, SocketLimits};
pub use policy::{Access, Permissions};
pub use stack::Stack;
