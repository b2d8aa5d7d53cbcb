#![doc = include_str!("README.md")]

use serde_json::{Map, Value};
use store::{Kind, StoredItem, v0};

use crate::verdict::{Migration, TOO_LARGE, Verdict};

pub(crate) const MIGRATION: Migration =
    Migration { name: "0001_roles", needs_chat: |_| false, change: |item, _| change(item) };

fn change(item: &StoredItem) -> Verdict {
    if item.kind() != Kind::Message || !item.is_unversioned() {
        return Verdict::Unchanged;
    }
    let Ok(mut body) = item.body::<Map<String, Value>>() else {
        return Verdict::Refuse("its body is no message");
    };
    let Some(stored) = body.get("role").and_then(Value::as_str) else {
        return Verdict::Refuse("it has no role");
    };
    let Some(role) = v0::role(stored) else { return Verdict::Refuse("its role is not known") };
    if stored == role.as_str() {
        return Verdict::Unchanged;
    }
    body.insert("role".to_owned(), Value::from(role.as_str()));
    item.clone().with_body(&body).map_or(Verdict::Refuse(TOO_LARGE), Verdict::Change)
}
