//! What a read of a table is about.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;

/// More than any first word of a partition; an id is longer.
const WORD_BYTES: usize = 16;

/// A read of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    operation: String,
    table: String,
    partition: Option<String>,
}

/// What a read names; of the rest nothing is kept.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    table_name: String,
    #[serde(default)]
    key: BTreeMap<String, Value>,
    #[serde(default)]
    key_condition_expression: String,
    #[serde(default)]
    expression_attribute_values: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Value {
    #[serde(rename = "S")]
    string: Option<String>,
}

impl Read {
    /// Returns what an operation of DynamoDB, such as `GetItem`, reads; none, if it is not a read of one partition.
    pub(crate) fn of(operation: &str, body: &[u8]) -> Option<Self> {
        if !matches!(operation, "GetItem" | "Query") {
            return None;
        }
        let request: Request = serde_json::from_slice(body).ok()?;
        let partition = match operation {
            "GetItem" => request.key.get("key").or_else(|| request.key.get("chat")),
            _ => {
                let (_, rest) = request.key_condition_expression.split_once('=')?;
                let name = rest.split_whitespace().next()?;
                request.expression_attribute_values.get(name)
            }
        };
        let word = partition?.string.as_deref().and_then(|partition| partition.split('#').next());
        let partition = word.filter(|word| word.len() <= WORD_BYTES).map(str::to_owned);
        Some(Self { operation: operation.to_owned(), table: request.table_name, partition })
    }
}

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation, self.table)?;
        self.partition.iter().try_for_each(|partition| write!(f, " {partition}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(operation: &str, body: &serde_json::Value, expect: Option<&str>) {
        let read = Read::of(operation, body.to_string().as_bytes()).map(|read| read.to_string());
        assert_eq!(read.as_deref(), expect);
    }

    #[test]
    fn a_read_is_known_by_the_first_word_of_its_partition() {
        let key = json!({"key": {"S": "user#1"}, "item": {"S": "preferences"}});
        check("GetItem", &json!({"TableName": "d", "Key": key}), Some("GetItem d user"));
        let id = json!({"chat": {"S": "01936f2e-0000-7000-8000-000000000000"}, "item": {"S": "chat"}});
        check("GetItem", &json!({"TableName": "c", "Key": id}), Some("GetItem c"));
        let values = json!({":k": {"S": "catalogue"}, ":a": {"S": "a"}});
        let query = json!({"TableName": "d", "KeyConditionExpression": "#k = :k AND #i > :a",
            "ExpressionAttributeValues": values});
        check("Query", &query, Some("Query d catalogue"));
        check("PutItem", &json!({"TableName": "d", "Item": {}}), None);
    }
}
