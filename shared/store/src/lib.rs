#![doc = include_str!("../README.md")]

mod chats;
mod codec;
mod connect;
mod directory;
mod items;
mod key;
mod migrations;
mod row;
mod scan;
mod spend;
mod spending;
mod stored;
mod table;
mod update;

pub use chats::Chats;
pub use directory::Directory;
pub use migrations::{Counts, Migrations, Record, SegmentProgress, Taken};
pub use row::DUE_SHARDS;
pub use scan::{Items, Page, Replaced};
pub use stored::{Key, Kind, StoredItem};

/// What shape 0 of messages meant by its words.
pub mod v0 {
    pub use crate::items::v0::role;
}
