#![doc = include_str!("../README.md")]

mod again;
mod answer;
mod anthropic;
mod assembly;
mod body;
mod classify;
mod client;
mod effort;
mod endpoint;
mod fault;
mod fence;
mod files;
mod google_generate;
mod history;
mod names;
mod openai_chat;
mod openai_responses;
pub mod options;
mod port;
pub mod reach;
mod retry_after;
mod scrub;
mod signals;
pub mod sse;
mod status;
mod stream;
mod transport;
mod wire;

pub use answer::Answer;
pub use client::{Llm, encoded};
pub use endpoint::{Auth, AwsKeys, Endpoint, NoBaseUrl, Secret, bedrock_base_url};
pub use transport::{api, apis};

#[cfg(test)]
mod leaks;
#[cfg(test)]
mod testing;
