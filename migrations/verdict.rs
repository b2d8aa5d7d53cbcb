//! What a migration is, and what it says of an item.

use store::StoredItem;

/// A numbered change to stored items. It is pure: the same items get the same verdict, and an item that it
/// has changed gets [`Verdict::Unchanged`].
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its folder's name: the number, and what it is about.
    pub name: &'static str,
    /// Whether an item can be judged only beside its chat's own item.
    pub needs_chat: fn(&StoredItem) -> bool,
    /// Judges an item, with its chat's own item if that was needed and is there.
    pub change: fn(&StoredItem, Option<&StoredItem>) -> Verdict,
}

/// What is to become of an item.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Nothing: it is not of the old shape.
    Unchanged,
    /// This, instead.
    Change(StoredItem),
    /// Nothing, though it is of the old shape: nobody knows what it means. The reason names no content.
    Refuse(String),
}

impl Verdict {
    /// Returns the change to an item, or that it is none, or why it could not be made.
    pub(crate) fn of<E: ToString>(item: &StoredItem, changed: Result<StoredItem, E>) -> Self {
        match changed {
            Ok(changed) if changed == *item => Self::Unchanged,
            Ok(changed) => Self::Change(changed),
            Err(error) => Self::Refuse(error.to_string()),
        }
    }
}
