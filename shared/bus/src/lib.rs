#![doc = include_str!("../README.md")]

pub mod delivery;
pub mod machines;
mod sockets;
mod sweeps;
mod wakes;

pub use delivery::Delivery;
pub use machines::Machines;
pub use sockets::Sockets;
pub use sweeps::Sweeps;
pub use wakes::{Held, Wakes};
