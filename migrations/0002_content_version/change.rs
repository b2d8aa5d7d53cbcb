#![doc = include_str!("README.md")]

use store::{Kind, StoredItem};

use crate::verdict::{Migration, TOO_LARGE, Verdict};

pub(crate) const MIGRATION: Migration =
    Migration { name: "0002_content_version", needs_chat: |_| false, change: |item, _| change(item) };

fn change(item: &StoredItem) -> Verdict {
    if item.kind() != Kind::Message || !item.is_unversioned() {
        return Verdict::Unchanged;
    }
    let Ok(message) = item.message() else {
        return Verdict::Refuse("its role or its content is of no known shape");
    };
    item.with_message(&message).map_or(Verdict::Refuse(TOO_LARGE), Verdict::Change)
}
