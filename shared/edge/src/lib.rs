#![doc = include_str!("../README.md")]

pub mod aws;
pub mod clock;
pub mod config;
pub mod content;
pub mod function;
pub mod host;
mod https;
mod line;
pub mod metric;
pub mod models;
pub mod page;
pub mod receipt;
pub mod rejection;
pub mod reply;
pub mod request;
pub mod run;
pub mod secret;
pub mod serve;
pub mod servers;
pub mod socket;
pub mod telemetry;
pub mod tls;
pub mod trace;

pub use chat::account::price;
pub use clock::{SharedClock, SystemClock};
pub use config::Config;
pub use function::{Function, FunctionError, Invocation};
pub use host::Host;
pub use rejection::{FieldError, Rejection};
pub use reply::Reply;
pub use request::Request;
pub use run::run;
pub use secret::Secret;
