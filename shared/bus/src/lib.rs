#![doc = include_str!("../README.md")]

pub mod delivery;
mod sockets;
mod wakes;

pub use delivery::Delivery;
pub use sockets::Sockets;
pub use wakes::{Held, Wakes};
