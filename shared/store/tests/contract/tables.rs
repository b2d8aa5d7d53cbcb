//! The two tables on the embedded DynamoDB, as `infra/template.yaml` describes them.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region, timeout::TimeoutConfig},
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
        ProjectionType, ScalarAttributeType,
    },
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use dynamo::Dynamo;

/// Makes both tables, empty.
pub(crate) async fn empty() -> (Dynamo, Client) {
    let dynamo = Dynamo::memory().unwrap();
    let client = client(dynamo.http_client());
    make_chats(&client).await;
    make_directory(&client).await;
    (dynamo, client)
}

/// Makes a client that calls through `http`.
pub(crate) fn client(http: SharedHttpClient) -> Client {
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_secs(30)).build();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .region(Region::new("us-east-1"))
        .timeout_config(timeouts)
        .http_client(http)
        .build();
    Client::from_conf(config)
}

async fn make_chats(client: &Client) {
    let index = |name, hash, range| {
        GlobalSecondaryIndex::builder()
            .index_name(name)
            .key_schema(key(hash, KeyType::Hash))
            .key_schema(key(range, KeyType::Range))
            .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
            .build()
            .unwrap()
    };
    let texts = ["chat", "item", "owner", "activity"].map(|name| attribute(name, ScalarAttributeType::S));
    let numbers = ["due_shard", "due_at"].map(|name| attribute(name, ScalarAttributeType::N));
    client
        .create_table()
        .table_name("chats")
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(texts.into_iter().chain(numbers).collect()))
        .key_schema(key("chat", KeyType::Hash))
        .key_schema(key("item", KeyType::Range))
        .global_secondary_indexes(index("by_owner", "owner", "activity"))
        .global_secondary_indexes(index("due", "due_shard", "due_at"))
        .send()
        .await
        .unwrap();
}

async fn make_directory(client: &Client) {
    client
        .create_table()
        .table_name("directory")
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("key", ScalarAttributeType::S))
        .attribute_definitions(attribute("item", ScalarAttributeType::S))
        .key_schema(key("key", KeyType::Hash))
        .key_schema(key("item", KeyType::Range))
        .send()
        .await
        .unwrap();
}

fn attribute(name: &str, kind: ScalarAttributeType) -> AttributeDefinition {
    AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
}
