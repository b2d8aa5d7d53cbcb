//! Rows of shape 0, which knew no versions: as shape 1, with one attribute more.

use chat::port::Unavailable;

use crate::codec::{self, Item};

/// The agent that ran the chat's tools when the row was written. It goes stale with the next build of its
/// workspace, so nobody reads it. Transitions write shape 1 and leave it where it is.
pub(crate) const AGENT: &str = "agent";

/// Refuses a row of a shape that this code does not know.
pub(super) fn check_version(item: &Item) -> Result<(), Unavailable> {
    if codec::is_unversioned(item) { Ok(()) } else { codec::check_version(item) }
}
