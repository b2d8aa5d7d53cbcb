#![doc = include_str!("../README.md")]

pub mod aside;
pub mod clock;
pub mod faults;
pub mod github;
pub mod memory;
pub mod model;
pub mod rehearsal;
pub mod replies;
pub mod secrets;
pub mod seed;
pub mod sockets;
pub mod tls;
pub mod toolserver;
pub mod wakes;
