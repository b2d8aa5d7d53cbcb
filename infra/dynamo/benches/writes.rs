//! How many items a second the durable database takes. `cargo bench -p dynamo`.
#![expect(clippy::print_stdout, reason = "a benchmark's product is its table")]

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::AttributeValue,
};
use dynamo::Dynamo;

const BAR_PER_S: f64 = 2_000.0;
const WRITES: usize = 20_000;
const CLIENTS: usize = 16;
const PAYLOAD_BYTES: usize = 600;

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let dynamo = Dynamo::open(folder.path().join("bench.sqlite"))?;
    let create = r#"{"TableName": "writes", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}"#;
    dynamo.handle("DynamoDB_20120810.CreateTable", create.as_bytes());
    println!(
        "{:<34} {:>10} {:>8} {:>9} {:>9} {:>9}",
        "path", "writes/s", "bar", "p50 µs", "p99 µs", "max µs"
    );
    report("direct, one thread", direct(&dynamo));
    report("SDK client, one at a time", through_sdk(&dynamo, 1).await?);
    report("SDK client, 16 at a time", through_sdk(&dynamo, CLIENTS).await?);
    Ok(())
}

struct Run {
    took: Duration,
    each: Vec<Duration>,
}

fn direct(dynamo: &Dynamo) -> Run {
    let payload = "x".repeat(PAYLOAD_BYTES);
    let (started, mut each) = (Instant::now(), Vec::with_capacity(WRITES));
    for number in 0..WRITES {
        let item = format!(
            r#"{{"TableName": "writes", "Item": {{"id": {{"S": "{number}"}}, "body": {{"S": "{payload}"}}}}}}"#
        );
        let one = Instant::now();
        dynamo.handle("DynamoDB_20120810.PutItem", item.as_bytes());
        each.push(one.elapsed());
    }
    Run { took: started.elapsed(), each }
}

async fn through_sdk(dynamo: &Dynamo, clients: usize) -> Result<Run> {
    let client = client(dynamo);
    let started = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|number| tokio::spawn(put_items(client.clone(), number, WRITES / clients)))
        .collect();
    let mut each = Vec::with_capacity(WRITES);
    for task in tasks {
        each.extend(task.await.context("a writer died")??);
    }
    Ok(Run { took: started.elapsed(), each })
}

async fn put_items(client: Client, writer: usize, count: usize) -> Result<Vec<Duration>> {
    let payload = AttributeValue::S("x".repeat(PAYLOAD_BYTES));
    let mut each = Vec::with_capacity(count);
    for number in 0..count {
        let one = Instant::now();
        client
            .put_item()
            .table_name("writes")
            .item("id", AttributeValue::S(format!("{writer}/{number}")))
            .item("body", payload.clone())
            .send()
            .await?;
        each.push(one.elapsed());
    }
    Ok(each)
}

fn client(dynamo: &Dynamo) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::from_keys("local", "local", None))
        .region(Region::new("us-east-1"))
        .http_client(dynamo.http_client());
    Client::from_conf(config.build())
}

fn report(path: &str, mut run: Run) {
    run.each.sort_unstable();
    let at = |share: usize| run.each[(run.each.len() - 1) * share / 100].as_micros();
    let per_s = run.each.len() as f64 / run.took.as_secs_f64();
    println!("{path:<34} {per_s:>10.0} {BAR_PER_S:>8.0} {:>9} {:>9} {:>9}", at(50), at(99), at(100));
}
