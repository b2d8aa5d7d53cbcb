#![doc = include_str!("../README.md")]

pub mod agent;
pub mod args;
pub mod clock;
pub mod enrol;
pub mod folder;
pub mod home;
pub mod hooks;
pub mod http;
pub mod journal;
pub mod limit;
pub mod link;
pub mod process;
pub mod refusal;
pub mod report;
pub mod run;
#[cfg(test)]
mod scene;
pub mod tools;
