#![doc = include_str!("../README.md")]

pub mod api;
pub mod args;
pub mod contact;
pub mod conversation;
pub mod http;
pub mod kill;
pub mod list;
pub mod output;
pub mod patience;
pub mod render;
pub mod segment;
pub mod socket;
pub mod stack;
pub mod status;
pub mod tail;
pub mod watch;
