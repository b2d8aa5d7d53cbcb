#![doc = include_str!("../README.md")]

mod client;
mod database;
mod dispatch;
mod lane;
mod reply;
mod tokens;

pub use database::{Dynamo, OpenError, SweepError};
pub use reply::{Consumed, Reply};
