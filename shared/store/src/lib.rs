#![doc = include_str!("../README.md")]

mod chats;
mod codec;
mod connect;
mod directory;
mod items;
mod key;
mod row;
mod table;
mod update;

pub use chats::Chats;
pub use directory::Directory;
pub use row::DUE_SHARDS;
