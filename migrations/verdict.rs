//! What a migration is, and what it says of an item.

use store::StoredItem;

/// A numbered change to stored items. It is pure: the same items get the same verdict, and what it made of
/// an item gets [`Verdict::Unchanged`].
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
    /// Nothing, though it is of the old shape: nobody knows what it means, for a reason that repeats nothing of
    /// what it says.
    Refuse(&'static str),
}

/// Said where a changed message would take more room than an item has.
pub(crate) const TOO_LARGE: &str = "it would take several items";
