//! Keeps messages in the embedded database, so that what was accepted outlives the process.

use anyhow::{Result, bail};
use dynamo::Dynamo;
use serde_json::{Value, json};

use super::message::Message;

const TABLE: &str = "local-queues";

/// The stored messages of all queues.
#[derive(Clone, Debug)]
pub(super) struct Ledger(Dynamo);

impl Ledger {
    pub(super) async fn open(dynamo: &Dynamo) -> Result<Self> {
        let create = json!({
            "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": "queue", "AttributeType": "S"}, {"AttributeName": "id", "AttributeType": "S"},
            ],
            "KeySchema": [
                {"AttributeName": "queue", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"},
            ],
        });
        crate::tables::create(dynamo, &create).await?;
        Ok(Self(dynamo.clone()))
    }

    /// Reads the messages of one queue, in the order in which they were sent.
    pub(super) async fn read(&self, queue: &str) -> Result<Vec<Message>> {
        let (mut messages, mut start) = (Vec::new(), Value::Null);
        loop {
            let mut query = json!({
                "TableName": TABLE, "KeyConditionExpression": "queue = :q",
                "ExpressionAttributeValues": {":q": {"S": queue}},
            });
            if !start.is_null() {
                query["ExclusiveStartKey"] = start;
            }
            let mut page = self.call("Query", &query).await?;
            for item in page["Items"].as_array().into_iter().flatten() {
                messages.push(serde_json::from_str(item["message"]["S"].as_str().unwrap_or_default())?);
            }
            start = page["LastEvaluatedKey"].take();
            if start.is_null() {
                messages.sort_by_key(|message: &Message| message.sent_ms);
                return Ok(messages);
            }
        }
    }

    pub(super) async fn put(&self, queue: &str, message: &Message) -> Result<()> {
        let put = json!({"TableName": TABLE, "Item": item(queue, message)?});
        self.call("PutItem", &put).await.map(drop)
    }

    /// Writes a message again unless it was deleted meanwhile.
    pub(super) async fn update(&self, queue: &str, message: &Message) -> Result<()> {
        let mut put = json!({"TableName": TABLE, "Item": item(queue, message)?});
        put["ConditionExpression"] = "attribute_exists(id)".into();
        match self.call("PutItem", &put).await {
            Err(error) if error.to_string().contains("ConditionalCheckFailed") => Ok(()),
            other => other.map(drop),
        }
    }

    pub(super) async fn delete(&self, queue: &str, id: &str) -> Result<()> {
        let delete = json!({"TableName": TABLE, "Key": {"queue": {"S": queue}, "id": {"S": id}}});
        self.call("DeleteItem", &delete).await.map(drop)
    }

    async fn call(&self, operation: &str, body: &Value) -> Result<Value> {
        crate::tables::call(&self.0, operation, body).await
    }
}

fn item(queue: &str, message: &Message) -> Result<Value> {
    let Ok(text) = serde_json::to_string(message) else { bail!("message {} is not JSON", message.id) };
    Ok(json!({"queue": {"S": queue}, "id": {"S": message.id}, "message": {"S": text}}))
}
