#![doc = include_str!("../README.md")]

mod answer;
mod anthropic;
mod assembly;
mod body;
mod classify;
mod client;
mod effort;
mod endpoint;
mod fault;
mod history;
mod names;
mod openai_chat;
mod openai_responses;
mod port;
mod retry_after;
mod scrub;
mod signals;
mod sse;
mod stream;
mod wire;

pub use answer::Answer;
pub use client::Llm;
pub use endpoint::{ANTHROPIC_BASE_URL, Endpoint, OPENAI_BASE_URL, Secret};

#[cfg(test)]
mod leaks;
#[cfg(test)]
mod testing;
