//! A data folder that older code has written.

use dynamo::Dynamo;
use local::{Options, Stack, wiring};
use serde_json::{Value, json};

const OLD: &str = include_str!("../../../../shared/store/tests/fixtures/chats-0.json");
const TABLE: &str = "quickstep-chats";

fn call(dynamo: &Dynamo, operation: &str, body: &Value) -> Value {
    let reply = dynamo.handle(&format!("DynamoDB_20120810.{operation}"), body.to_string().as_bytes());
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    serde_json::from_slice(&reply.body).unwrap()
}

#[tokio::test]
async fn an_old_data_folder_is_migrated_before_anybody_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("dynamo.sqlite");
    let start = || Stack::start(Options::new(folder.path()), wiring::functions);
    start().await.unwrap().stop().await;

    let dynamo = Dynamo::open(&database).unwrap();
    for item in serde_json::from_str::<Vec<Value>>(OLD).unwrap() {
        call(&dynamo, "PutItem", &json!({ "TableName": TABLE, "Item": item }));
    }
    // As if the folder had never seen this code.
    for record in items(&dynamo, "quickstep-directory") {
        let key = json!({ "key": record["key"], "item": record["item"] });
        call(&dynamo, "DeleteItem", &json!({ "TableName": "quickstep-directory", "Key": key }));
    }
    dynamo.close().await;

    let stack = start().await.unwrap();
    assert_eq!(stack.meter().snapshot().functions["Migrate"].invocations, 1);
    stack.stop().await;
    let dynamo = Dynamo::open(&database).unwrap();
    let migrated = items(&dynamo, TABLE);
    assert_eq!(migrated.len(), 11);
    assert!(migrated.iter().all(|item| item["v"]["N"] == "1" && item.get("agent").is_none()));
}

fn items(dynamo: &Dynamo, table: &str) -> Vec<Value> {
    let found = call(dynamo, "Scan", &json!({ "TableName": table }));
    serde_json::from_value(found["Items"].clone()).unwrap()
}
