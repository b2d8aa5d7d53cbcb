#![doc = include_str!("../README.md")]

pub mod account;
pub mod call;
pub mod catalogue;
pub mod change;
pub mod cursor;
pub mod draft;
pub mod event;
pub mod failure;
pub mod frame;
pub mod id;
pub mod limit;
pub mod message;
pub mod model;
pub mod part;
pub mod port;
pub mod record;
pub mod run;
pub mod span;
pub mod state;
pub mod time;
pub mod transition;
pub mod view;
pub mod wake;

pub use change::Change;
pub use draft::Draft;
