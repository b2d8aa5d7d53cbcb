#![doc = include_str!("README.md")]

use store::{Kind, StoredItem};

use crate::verdict::{Migration, Verdict};

pub(crate) const MIGRATION: Migration =
    Migration { name: "0002_content_version", needs_chat: |_| false, change: |item, _| change(item) };

fn change(item: &StoredItem) -> Verdict {
    if item.kind() != Kind::Message || !item.is_unversioned() {
        return Verdict::Unchanged;
    }
    Verdict::of(item, item.message().and_then(|message| item.with_message(&message)))
}
