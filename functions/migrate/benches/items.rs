//! How many old items a second are migrated on the durable embedded database. `cargo bench -p migrate`.
#![expect(clippy::print_stdout, reason = "a benchmark's product is its table")]

use std::time::Instant;

use anyhow::{Result, ensure};
use chat::port::Clock as _;
use dynamo::Dynamo;
use edge::{Config, SystemClock, config::Vars};
use migrate::{Event, Stores, run};
use serde_json::{Value, json};

const CHATS: usize = 500;
const MESSAGES: usize = 50_000;
const BATCH_ITEMS: usize = 25;
const PERSON: &str = "00000000-0000-0000-0000-00000000000a";

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let dynamo = Dynamo::open(folder.path().join("bench.sqlite"))?;
    fill(&dynamo)?;
    let config = Config::hosted(&vars(), dynamo.http_client(), edge::tls::nobody()?)?;
    let stores = Stores::connect(&config, SystemClock);
    // As the local stack does.
    let event = Event { segments: 1, units_per_second: u32::MAX, ..Event::default() };
    println!("{:<24} {:>8} {:>8} {:>8} {:>10}", "migration", "seen", "changed", "s", "items/s");
    let whole = Instant::now();
    for migration in &migrations::ALL {
        let (started, until) = (Instant::now(), SystemClock.now().plus_ms(900_000));
        let answer = run(&stores, std::slice::from_ref(migration), &event, until).await?;
        ensure!(answer.done, "15 minutes were not enough");
        for outcome in answer.migrations {
            let took = started.elapsed().as_secs_f64();
            let (seen, changed) = (outcome.counts.seen, outcome.counts.changed);
            println!("{:<24} {seen:>8} {changed:>8} {took:>8.1} {:>10.0}", outcome.name, rate(seen, took));
        }
    }
    let took = whole.elapsed().as_secs_f64();
    println!("{:<24} {MESSAGES:>8} {:>8} {took:>8.1} {:>10.0}", "all", "", rate(MESSAGES as u64, took));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark")]
fn rate(items: u64, took: f64) -> f64 {
    items as f64 / took
}

fn fill(dynamo: &Dynamo) -> Result<()> {
    for (table, partition) in [("chats", "chat"), ("directory", "key")] {
        let attribute = |name| json!({ "AttributeName": name, "AttributeType": "S" });
        let key = |name, kind| json!({ "AttributeName": name, "KeyType": kind });
        let create = json!({
            "TableName": table, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [attribute(partition), attribute("item")],
            "KeySchema": [key(partition, "HASH"), key("item", "RANGE")],
        });
        call(dynamo, "CreateTable", &create)?;
    }
    let per_chat = MESSAGES / CHATS;
    let items: Vec<Value> = (0..CHATS)
        .flat_map(|chat| std::iter::once(row(chat)).chain((1..=per_chat).map(move |id| message(chat, id))))
        .collect();
    for batch in items.chunks(BATCH_ITEMS) {
        let puts: Vec<_> = batch.iter().map(|item| json!({ "PutRequest": { "Item": item } })).collect();
        call(dynamo, "BatchWriteItem", &json!({ "RequestItems": { "chats": puts } }))?;
    }
    Ok(())
}

fn call(dynamo: &Dynamo, operation: &str, body: &Value) -> Result<()> {
    let reply = dynamo.handle(&format!("DynamoDB_20120810.{operation}"), body.to_string().as_bytes());
    ensure!(reply.status == 200, "{}", String::from_utf8_lossy(&reply.body));
    Ok(())
}

fn chat_id(chat: usize) -> String {
    uuid::Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0000 + chat as u128).to_string()
}

fn row(chat: usize) -> Value {
    let per_chat = MESSAGES / CHATS;
    let body = json!({
        "o": PERSON, "u": PERSON, "t": "An old chat", "md": PERSON, "s": [{ "f": 1, "l": per_chat, "s": 1 }],
        "nm": per_chat + 1, "b": 1, "nq": 1, "ca": 1_767_225_600_000_u64, "ua": 1_767_225_600_000_u64,
    });
    let sixteen = base64(&[7; 16]);
    json!({
        "chat": { "S": chat_id(chat) }, "item": { "S": "chat" }, "st": { "S": "waiting" },
        "sv": { "N": "9" }, "hv": { "N": "8" }, "qv": { "N": "0" }, "rv": { "N": "0" }, "ga": { "N": "0" },
        "ci": { "B": sixteen }, "agent": { "B": sixteen }, "body": { "B": base64(body.to_string().as_bytes()) },
    })
}

/// Half of them are people's, of some hundred bytes; half are the model's, with a call in every fourth.
fn message(chat: usize, id: usize) -> Value {
    let text = "What did it say in the log of the second machine, and when? ".repeat(1 + id % 8);
    let (role, content) = match id % 4 {
        0 => {
            ("ai", json!([{ "reasoning": text }, { "call": "call_0", "tool": "look", "args": { "at": id } }]))
        }
        2 => ("bot", json!([{ "text": text }])),
        _ => ("human", json!(text)),
    };
    let at = "2026-01-01T00:00:00.000Z";
    let body =
        json!({ "id": id, "role": role, "content": content, "created_at": at, "revision": id }).to_string();
    json!({
        "chat": { "S": chat_id(chat) }, "item": { "S": format!("msg#{id:012}") },
        "body": { "B": base64(body.as_bytes()) },
    })
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn vars() -> Vars {
    [
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("STACK", "stack"),
        ("CHATS_TABLE", "chats"),
        ("DIRECTORY_TABLE", "directory"),
        ("SOCKET_ENDPOINT", "https://example.com/socket"),
        ("WAKE_QUEUE_URLS", "https://q/0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
