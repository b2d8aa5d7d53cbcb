#![doc = include_str!("README.md")]

mod verdict;

// A module's name cannot begin with a digit, a folder's can.
#[path = "0001_roles/change.rs"]
mod roles;

#[path = "0002_content_version/change.rs"]
mod content_version;

#[path = "0003_created_by/change.rs"]
mod created_by;

#[path = "0004_agent_id/change.rs"]
mod agent_id;

pub use verdict::{Migration, Verdict};

/// All migrations, in the order in which they are applied. A number is never used twice.
pub const ALL: [Migration; 4] =
    [roles::MIGRATION, content_version::MIGRATION, created_by::MIGRATION, agent_id::MIGRATION];
