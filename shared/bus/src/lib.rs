#![doc = include_str!("../README.md")]

pub mod delivery;
pub mod machines;
pub mod pulls;
pub mod servers;
mod sockets;
mod sweeps;
mod wakes;

pub use delivery::Delivery;
pub use machines::Machines;
pub use pulls::Pulls;
pub use servers::Servers;
pub use sockets::Sockets;
pub use sweeps::Sweeps;
pub use wakes::{Held, Wakes};
