#![doc = include_str!("../README.md")]

mod github;
mod review;
mod wire;

pub use github::{GitHub, Said, Settings, Unusable};
