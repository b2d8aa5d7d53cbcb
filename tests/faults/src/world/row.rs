//! A chat's own item, read past everything that goes wrong.

use serde_json::{Value, json};

use super::{World, ground::call};

/// What the runner looks at between: how it is, never what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) status: String,
    pub(crate) version: String,
    /// Whether the sweep will look at it.
    pub(crate) is_due: bool,
}

impl World {
    pub(crate) fn row(&self, chat: &str) -> Option<Row> {
        let key = json!({"chat": {"S": chat}, "item": {"S": "chat"}});
        let get = json!({"TableName": self.chats_table(), "Key": key, "ConsistentRead": true});
        let item = call(&self.dynamo, "GetItem", &get).ok()?["Item"].take();
        let text = |name: &str, kind: &str| item[name][kind].as_str().map(str::to_owned);
        Some(Row {
            status: text("st", "S").filter(|_| item["gone"].is_null())?,
            version: text("sv", "N").unwrap_or_default(),
            is_due: !item["due_at"].is_null(),
        })
    }

    /// Returns the names of the items that a chat has.
    pub(crate) fn items(&self, chat: &str) -> Vec<String> {
        let query = json!({
            "TableName": self.chats_table(), "ConsistentRead": true,
            "KeyConditionExpression": "chat = :c", "ExpressionAttributeValues": {":c": {"S": chat}},
            "ProjectionExpression": "#i", "ExpressionAttributeNames": {"#i": "item"},
        });
        let found = call(&self.dynamo, "Query", &query).unwrap_or(Value::Null);
        let items = found["Items"].as_array().into_iter().flatten();
        items.filter_map(|item| item["item"]["S"].as_str().map(str::to_owned)).collect()
    }

    /// Returns the names of the items of a chat that stay unless somebody removes them: a listener's expires.
    pub(crate) fn lasting(&self, chat: &str) -> Vec<String> {
        let listens = |item: &String| item.starts_with("conn#");
        self.items(chat).into_iter().filter(|item| !listens(item)).collect()
    }

    /// Returns whether a step works on a chat, or is to: not while it is parked, and others have its calls.
    pub(super) fn works(&self, chat: &str) -> bool {
        let is_busy = |row: Row| ["running", "interrupting"].contains(&row.status.as_str());
        self.row(chat).is_some_and(is_busy) && !self.items(chat).iter().any(|item| item.starts_with("call#"))
    }

    fn chats_table(&self) -> &str {
        let tables = &self.ground.template.tables;
        let name = tables.iter().map(|table| table.name.as_str()).find(|name| name.ends_with("-chats"));
        name.unwrap_or_default()
    }
}
