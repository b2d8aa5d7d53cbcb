//! Which chats there are.

use std::ops::RangeInclusive;

use super::Unavailable;
use crate::{
    id::{ChatId, UserId},
    record::Chat,
    time::Timestamp,
};

/// Finds chats.
pub trait ListChats: Send + Sync {
    /// Returns a page of an owner's root chats: pinned first by their order, then by newest activity.
    fn list(&self, query: &ListQuery) -> impl Future<Output = Result<ListPage, Unavailable>> + Send;
}

/// Which chats to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// Whose.
    pub owner_id: UserId,
    /// Archived ones or the others.
    pub archived: bool,
    /// Where the last page ended, as [`ListPage::next`] said.
    pub after: Option<String>,
    /// How many at most.
    pub limit: usize,
}

/// A page of chats.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListPage {
    /// The chats.
    pub chats: Vec<Chat>,
    /// Where each of them ends a page, in the same order: opaque, for [`ListQuery::after`].
    pub marks: Vec<String>,
    /// Where this page ended; none after the last.
    pub next: Option<String>,
}

/// Finds the chats that another made.
pub trait ListChildren: Send + Sync {
    /// Returns a chat's children, the newest first, at most [`crate::limit::FAMILY`]; some may be gone.
    fn children(&self, parent_id: ChatId) -> impl Future<Output = Result<Vec<ChatId>, Unavailable>> + Send;
    /// Returns the children of several chats as they stand, of each the newest first.
    fn families(&self, parent_ids: &[ChatId]) -> impl Future<Output = Result<Vec<Chat>, Unavailable>> + Send;
}

/// Finds chats that somebody must look at.
pub trait ListDue: Send + Sync {
    /// Returns chats of a shard that became due then, with when, the longest due first.
    fn due(
        &self,
        shard: u8,
        then: RangeInclusive<Timestamp>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(ChatId, Timestamp)>, Unavailable>> + Send;
}

/// Finds chats that are not at rest.
pub trait ListLive: Send + Sync {
    /// Returns chats that are not at rest, those first that are due first. What was written a moment ago may
    /// not show yet.
    fn live(&self, limit: usize) -> impl Future<Output = Result<Live, Unavailable>> + Send;
}

/// Chats that are not at rest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// The chats.
    pub chats: Vec<Chat>,
    /// Whether there are more of them.
    pub more: bool,
}
