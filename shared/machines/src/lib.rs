#![doc = include_str!("../README.md")]

mod microvms;
mod provision;

pub use microvms::Microvms;
pub use provision::{Boot, MachineState, Order, Provision, Trouble};
