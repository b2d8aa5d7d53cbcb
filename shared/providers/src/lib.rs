#![doc = include_str!("../README.md")]

mod model;
mod role;

pub use model::Model;
pub use role::{Role, by_role};
