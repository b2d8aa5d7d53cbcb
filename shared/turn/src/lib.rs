#![doc = include_str!("../README.md")]

mod agents;
pub mod announce;
pub mod aside;
pub mod catalogue;
pub mod catch_up;
pub mod commit;
pub mod compaction;
pub mod context;
pub mod decide;
pub mod family;
pub mod flush;
pub mod history;
pub mod kill;
pub mod label;
pub mod machine;
pub mod money;
pub mod output;
pub mod ports;
pub mod prompt;
pub mod recent;
mod route;
mod settle;
mod size;
pub mod step;
mod stopped;
mod tally;
pub mod title;

pub use announce::announce;
pub use catch_up::catch_up;
pub use commit::{CommitFailure, ReceiptPlan, Respec, commit, commit_spec, create};
pub use family::{Family, Kin, announce_family, commit_family};
pub use kill::{Killed, Queued, kill, kill_family};
pub use ports::{Announce, Ports};
pub use step::{StepPorts, Worker, run};
