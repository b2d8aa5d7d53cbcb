#![doc = include_str!("README.md")]

use serde_json::{Map, Value};
use store::{Kind, StoredItem, v0};

use crate::verdict::{Migration, Verdict};

pub(crate) const MIGRATION: Migration =
    Migration { name: "0001_roles", needs_chat: |_| false, change: |item, _| change(item) };

fn change(item: &StoredItem) -> Verdict {
    if item.kind() != Kind::Message || !item.is_unversioned() {
        return Verdict::Unchanged;
    }
    Verdict::of(item, closed(item))
}

fn closed(item: &StoredItem) -> Result<StoredItem, String> {
    let mut body: Map<String, Value> = item.body().map_err(|error| error.to_string())?;
    let stored = body.get("role").and_then(Value::as_str).ok_or("no role")?;
    let role = v0::role(stored).ok_or("an unknown role")?;
    let closed = serde_json::to_value(role).map_err(|error| error.to_string())?;
    if body.get("role") == Some(&closed) {
        return Ok(item.clone());
    }
    body.insert("role".to_owned(), closed);
    item.clone().with_body(&body).map_err(|error| error.to_string())
}
