#![doc = include_str!("../README.md")]

pub mod campaign;
mod check;
mod dice;
pub mod fault;
mod listener;
mod machine;
pub mod options;
mod person;
mod plan;
pub mod report;
mod run;
mod scene;
mod world;

pub use world::Defect;
