#![doc = include_str!("README.md")]

use store::{Kind, StoredItem};

use crate::verdict::{Migration, Verdict};

pub(crate) const MIGRATION: Migration =
    Migration { name: "0004_agent_id", needs_chat: |_| false, change: |item, _| change(item) };

fn change(item: &StoredItem) -> Verdict {
    if item.kind() != Kind::Chat || !(item.names_agent() || item.is_unversioned()) {
        return Verdict::Unchanged;
    }
    match item.chat() {
        Ok(_) => Verdict::Change(item.clone().without_agent()),
        Err(_) => Verdict::Refuse("it is of no known shape"),
    }
}
