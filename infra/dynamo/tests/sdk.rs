//! The real SDK client against the embedded database.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    error::ProvideErrorMetadata,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, KeysAndAttributes, Put,
        PutRequest, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure, ScalarAttributeType,
        TimeToLiveSpecification, TransactWriteItem, Update, WriteRequest,
    },
};
use dynamo::{Consumed, Dynamo};

const TABLE: &str = "chats";

fn client(dynamo: &Dynamo) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::from_keys("local", "local", None))
        .region(Region::new("us-east-1"))
        .http_client(dynamo.http_client())
        .build();
    Client::from_conf(config)
}

async fn with_table() -> (Dynamo, Client) {
    let dynamo = Dynamo::memory().unwrap();
    let client = client(&dynamo);
    let attribute = |name| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    let key = |name, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("chat"))
        .attribute_definitions(attribute("item"))
        .key_schema(key("chat", KeyType::Hash))
        .key_schema(key("item", KeyType::Range))
        .send()
        .await
        .unwrap();
    (dynamo, client)
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.into())
}

#[expect(clippy::disallowed_methods, reason = "the engine judges expiry by the real clock")]
fn seconds_since_epoch() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn put(item: &str) -> Put {
    Put::builder()
        .table_name(TABLE)
        .item("chat", text("c"))
        .item("item", text(item))
        .condition_expression("attribute_not_exists(chat)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .unwrap()
}

#[tokio::test]
async fn what_was_put_is_got_and_queried() {
    let (_dynamo, client) = with_table().await;
    for item in ["msg#1", "msg#2", "queue#1"] {
        client
            .put_item()
            .table_name(TABLE)
            .item("chat", text("c"))
            .item("item", text(item))
            .send()
            .await
            .unwrap();
    }
    let one = client
        .get_item()
        .table_name(TABLE)
        .key("chat", text("c"))
        .key("item", text("msg#2"))
        .send()
        .await
        .unwrap();
    assert_eq!(one.item.unwrap()["item"], text("msg#2"));
    let messages = client
        .query()
        .table_name(TABLE)
        .key_condition_expression("chat = :c AND begins_with(#i, :m)")
        .expression_attribute_names("#i", "item")
        .expression_attribute_values(":c", text("c"))
        .expression_attribute_values(":m", text("msg#"))
        .send()
        .await
        .unwrap();
    assert_eq!(messages.count, 2);
}

#[tokio::test]
async fn a_refused_condition_answers_the_item_that_refused_it() {
    let (_dynamo, client) = with_table().await;
    let put = || {
        client
            .put_item()
            .table_name(TABLE)
            .item("chat", text("c"))
            .item("item", text("chat"))
            .condition_expression("attribute_not_exists(chat)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
    };
    put().await.unwrap();
    let refused = put().await.unwrap_err().into_service_error();
    assert!(refused.is_conditional_check_failed_exception());
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(refused) =
        refused
    else {
        panic!("another error: {refused}");
    };
    assert_eq!(refused.item.unwrap()["item"], text("chat"));
}

#[tokio::test]
async fn a_cancelled_transaction_writes_nothing_and_names_its_reasons() {
    let (_dynamo, client) = with_table().await;
    let transact = |items: Vec<&str>| {
        let items = items.into_iter().map(|item| TransactWriteItem::builder().put(put(item)).build());
        client.transact_write_items().set_transact_items(Some(items.collect())).send()
    };
    transact(vec!["chat"]).await.unwrap();
    let refused = transact(vec!["msg#1", "chat"]).await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(refused) = refused
    else {
        panic!("another error: {refused}");
    };
    let codes: Vec<_> = refused.cancellation_reasons().iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    assert!(refused.cancellation_reasons()[1].item().is_some());
    assert_eq!(client.scan().table_name(TABLE).send().await.unwrap().count, 1);
}

#[tokio::test]
async fn a_transaction_sent_twice_runs_once() {
    let (_dynamo, client) = with_table().await;
    let add = || {
        let update = Update::builder()
            .table_name(TABLE)
            .key("chat", text("c"))
            .key("item", text("chat"))
            .update_expression("ADD steps :one")
            .expression_attribute_values(":one", AttributeValue::N("1".into()))
            .build()
            .unwrap();
        let item = TransactWriteItem::builder().update(update).build();
        client.transact_write_items().client_request_token("once").transact_items(item).send()
    };
    add().await.unwrap();
    add().await.unwrap();
    let chats = client.scan().table_name(TABLE).send().await.unwrap();
    assert_eq!(chats.items()[0]["steps"], AttributeValue::N("1".into()));
    let item = TransactWriteItem::builder().put(put("msg#1")).build();
    let other = client.transact_write_items().client_request_token("once").transact_items(item).send().await;
    assert!(other.unwrap_err().into_service_error().is_idempotent_parameter_mismatch_exception());
}

#[tokio::test]
async fn batches_write_and_read() {
    let (_dynamo, client) = with_table().await;
    let writes = ["a", "b"].map(|item| {
        let put = PutRequest::builder().item("chat", text("c")).item("item", text(item)).build().unwrap();
        WriteRequest::builder().put_request(put).build()
    });
    client.batch_write_item().request_items(TABLE, writes.to_vec()).send().await.unwrap();
    let mut keys = KeysAndAttributes::builder();
    for item in ["a", "b", "c"] {
        keys = keys.keys([("chat".to_owned(), text("c")), ("item".to_owned(), text(item))].into());
    }
    let read = client.batch_get_item().request_items(TABLE, keys.build().unwrap()).send().await.unwrap();
    assert_eq!(read.responses.unwrap()[TABLE].len(), 2);
}

#[tokio::test]
async fn an_unknown_table_has_dynamodbs_error() {
    let client = client(&Dynamo::memory().unwrap());
    let refused = client.describe_table().table_name("nowhere").send().await.unwrap_err();
    assert_eq!(refused.into_service_error().code(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn expired_items_go_when_swept() {
    let (dynamo, client) = with_table().await;
    let spec = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true).build().unwrap();
    client.update_time_to_live().table_name(TABLE).time_to_live_specification(spec).send().await.unwrap();
    let past = seconds_since_epoch() - 3_600;
    client
        .put_item()
        .table_name(TABLE)
        .item("chat", text("c"))
        .item("item", text("idem#1"))
        .item("expires_at", AttributeValue::N(past.to_string()))
        .send()
        .await
        .unwrap();
    assert_eq!(dynamo.sweep_ttl().await.unwrap(), 1);
    assert_eq!(client.scan().table_name(TABLE).send().await.unwrap().count, 0);
}

#[tokio::test]
async fn capacity_is_measured_and_shown_only_to_who_asked() {
    let (dynamo, client) = with_table().await;
    let body = br#"{"TableName": "chats", "Item": {"chat": {"S": "c"}, "item": {"S": "chat"}}}"#;
    let reply = dynamo.handle("DynamoDB_20120810.PutItem", body);
    assert_eq!(reply.consumed, Consumed { read_units: 0.0, write_units: 1.0 });
    assert_eq!(reply.body, b"{}");
    let asked = client
        .get_item()
        .table_name(TABLE)
        .key("chat", text("c"))
        .key("item", text("chat"))
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await
        .unwrap();
    assert_eq!(asked.consumed_capacity.unwrap().capacity_units, Some(0.5));
}

#[tokio::test]
async fn a_closed_database_answers_500() {
    let (dynamo, _client) = with_table().await;
    dynamo.close().await;
    assert_eq!(dynamo.handle("DynamoDB_20120810.ListTables", b"{}").status, 500);
}
