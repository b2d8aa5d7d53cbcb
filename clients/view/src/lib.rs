#![doc = include_str!("../README.md")]

mod catch_up;
mod content;
mod frame;
mod reducer;

pub use content::Content;
pub use frame::{Envelope, Incoming, Refused, decode};
pub use reducer::{Verdict, View};
