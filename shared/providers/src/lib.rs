#![doc = include_str!("../README.md")]

mod model;
mod role;

pub use model::{Model, reach};
pub use role::{Role, by_role};
