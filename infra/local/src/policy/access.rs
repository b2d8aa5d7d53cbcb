//! What a call asks for.
//!
//! As AWS documents it: a transaction needs the actions of its members, a batch of DynamoDB its own, a batch of SQS that of
//! a single message, and a query of an index needs the index, not its table.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use crate::template::{arn, queue_arn, table_arn};

/// An action on a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// Such as `dynamodb:Query`.
    pub action: String,
    /// An ARN.
    pub resource: String,
}

impl Access {
    pub(crate) fn new(action: &str, resource: &str) -> Self {
        Self { action: action.to_owned(), resource: resource.to_owned() }
    }

    /// The same for any connection, so that there are few.
    pub(super) fn of_any_connection(mut self) -> Self {
        if let Some((before, _)) = self.resource.split_once(CONNECTIONS) {
            self.resource = format!("{before}{CONNECTIONS}*");
        }
        self
    }
}

/// Without what all ARNs here have in common.
impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resource = self.resource.splitn(6, ':').last().unwrap_or_default();
        write!(f, "{} on {resource}", self.action)
    }
}

const CONNECTIONS: &str = "/@connections/";

/// What a request of DynamoDB names; of the rest nothing is kept.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    table_name: Option<String>,
    index_name: Option<String>,
    request_items: BTreeMap<String, IgnoredAny>,
    transact_items: Vec<BTreeMap<String, Member>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Member {
    table_name: String,
}

/// Returns what an operation of DynamoDB needs, such as `PutItem`.
pub(crate) fn of_table(operation: &str, body: &[u8]) -> BTreeSet<Access> {
    // What cannot be read names nothing, and is refused for it.
    let request: Request = serde_json::from_slice(body).unwrap_or_default();
    let action = format!("dynamodb:{operation}");
    let mut needed = BTreeSet::new();
    for (member, Member { table_name }) in request.transact_items.into_iter().flatten() {
        needed.insert(Access { action: format!("dynamodb:{member}Item"), resource: table_arn(&table_name) });
    }
    for name in request.request_items.keys() {
        needed.insert(Access { action: action.clone(), resource: table_arn(name) });
    }
    if needed.is_empty() {
        let resource = match (request.table_name, request.index_name) {
            (Some(name), Some(index)) => format!("{}/index/{index}", table_arn(&name)),
            (Some(name), None) => table_arn(&name),
            (None, _) => "*".to_owned(),
        };
        needed.insert(Access { action, resource });
    }
    needed
}

/// Returns what an operation of SQS needs, such as `SendMessage`.
pub(crate) fn of_queue(operation: &str, body: &[u8]) -> BTreeSet<Access> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let url = request["QueueUrl"].as_str().or_else(|| request["QueueName"].as_str());
    let name = url.and_then(|url| url.rsplit('/').next());
    let resource = name.map_or_else(|| "*".to_owned(), queue_arn);
    let action = format!("sqs:{}", operation.strip_suffix("Batch").unwrap_or(operation));
    [Access { action, resource }].into()
}

/// Returns what an operation of KMS needs, such as `Decrypt`; the key goes by its ARN.
pub(crate) fn of_key(operation: &str, body: &[u8]) -> BTreeSet<Access> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    [Access::new(&format!("kms:{operation}"), request["KeyId"].as_str().unwrap_or("*"))].into()
}

/// Returns what an operation on a machine needs, such as `RunMicrovm`. All machines and their images go by one name.
pub(crate) fn of_microvm(operation: &str) -> BTreeSet<Access> {
    [Access { action: format!("lambda:{operation}"), resource: arn("lambda", MICROVMS) }].into()
}

/// What stands for all machines.
pub(crate) const MICROVMS: &str = "microvms";

/// Returns what an event source needs of its queue; it acts for the function that it invokes.
pub(crate) fn polling(queue_arn: &str) -> BTreeSet<Access> {
    let actions = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
    actions.map(|action| Access::new(action, queue_arn)).into()
}

/// Returns what a request to `https://{api}.…/{stage}/@connections/{id}` needs.
pub(crate) fn of_connection(method: &str, uri: &str, id: &str) -> BTreeSet<Access> {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let api = host.split('.').next().unwrap_or_default();
    let stage = path.split('/').next().unwrap_or_default();
    [Access { action: MANAGE.to_owned(), resource: connection(api, stage, method, id) }].into()
}

const MANAGE: &str = "execute-api:ManageConnections";

/// The ARN of a request to a connection.
pub(crate) fn connection(api: &str, stage: &str, method: &str, id: &str) -> String {
    arn("execute-api", &format!("{api}/{stage}/{method}{CONNECTIONS}{id}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(needed: &BTreeSet<Access>) -> String {
        needed.iter().map(Access::to_string).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_call_of_a_table_needs_what_aws_says() {
        let member = |kind: &str, table: &str| json!({ kind: {"TableName": table, "Key": {}} });
        let writes = ["Put", "Update", "Delete", "ConditionCheck"].map(|kind| member(kind, "a"));
        for (operation, body, needed) in [
            ("PutItem", json!({"TableName": "a", "Item": {}}), "dynamodb:PutItem on table/a"),
            ("Query", json!({"TableName": "a", "IndexName": "i"}), "dynamodb:Query on table/a/index/i"),
            ("ListTables", json!({}), "dynamodb:ListTables on *"),
            (
                "BatchGetItem",
                json!({"RequestItems": {"a": {}, "b": {}}}),
                "dynamodb:BatchGetItem on table/a, dynamodb:BatchGetItem on table/b",
            ),
            (
                "TransactGetItems",
                json!({"TransactItems": [member("Get", "a")]}),
                "dynamodb:GetItem on table/a",
            ),
            (
                "TransactWriteItems",
                json!({ "TransactItems": writes }),
                "dynamodb:ConditionCheckItem on table/a, dynamodb:DeleteItem on table/a, dynamodb:PutItem on table/a, dynamodb:UpdateItem on table/a",
            ),
        ] {
            assert_eq!(shown(&of_table(operation, body.to_string().as_bytes())), needed);
        }
    }

    #[test]
    fn a_call_of_a_queue_or_a_connection_needs_what_aws_says() {
        let url = json!({"QueueUrl": "https://sqs.us-east-1.amazonaws.com/000000000000/wake-0"}).to_string();
        assert_eq!(shown(&of_queue("SendMessageBatch", url.as_bytes())), "sqs:SendMessage on wake-0");
        let uri = "https://Api.execute-api.us-east-1.amazonaws.com/socket/%40connections/abc%3D";
        assert_eq!(
            shown(&of_connection("POST", uri, "abc=")),
            "execute-api:ManageConnections on Api/socket/POST/@connections/abc="
        );
    }
}
