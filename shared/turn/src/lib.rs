#![doc = include_str!("../README.md")]

pub mod announce;
pub mod catch_up;
pub mod commit;
pub mod history;
pub mod ports;

pub use announce::announce;
pub use catch_up::catch_up;
pub use commit::{CommitFailure, ReceiptPlan, commit, create};
pub use ports::{Announce, Ports};
