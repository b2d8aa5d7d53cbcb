//! Nothing that was acknowledged is lost when the process is killed.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use dynamo::Dynamo;

const FILE: &str = "ledger.sqlite";
const ENOUGH: usize = 3_000;

fn call(dynamo: &Dynamo, operation: &str, body: &str) -> String {
    let reply = dynamo.handle(&format!("DynamoDB_20120810.{operation}"), body.as_bytes());
    let body = String::from_utf8(reply.body).unwrap();
    assert_eq!(reply.status, 200, "{operation}: {body}");
    body
}

/// The victim: writes items and says so until it is killed. Does nothing unless a parent made the file.
#[test]
fn victim_writes_until_it_is_killed() {
    if !Path::new(FILE).exists() {
        return;
    }
    let dynamo = Dynamo::open(FILE).unwrap();
    for number in 0_u64.. {
        let item = format!(r#"{{"TableName": "ledger", "Item": {{"id": {{"S": "{number}"}}}}}}"#);
        call(&dynamo, "PutItem", &item);
        let mut out = std::io::stdout();
        writeln!(out, "kept {number}").and_then(|()| out.flush()).unwrap();
    }
}

#[test]
fn acknowledged_items_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let dynamo = Dynamo::open(&path).unwrap();
    call(
        &dynamo,
        "CreateTable",
        r#"{"TableName": "ledger", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}"#,
    );
    drop(dynamo);
    let kept = kill_a_writer(folder.path());
    assert!(kept.len() >= ENOUGH);
    let dynamo = Dynamo::open(&path).unwrap();
    for number in kept {
        let key = format!(r#"{{"TableName": "ledger", "Key": {{"id": {{"S": "{number}"}}}}}}"#);
        assert!(call(&dynamo, "GetItem", &key).contains("Item"), "item {number} is lost");
    }
}

/// Answers everything that the victim acknowledged before it died.
fn kill_a_writer(folder: &Path) -> Vec<String> {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim_writes_until_it_is_killed", "--nocapture"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines().map(Result::unwrap);
    let acknowledged = |line: String| line.strip_prefix("kept ").map(str::to_owned);
    let mut kept: Vec<_> = lines.by_ref().filter_map(acknowledged).take(ENOUGH).collect();
    victim.kill().unwrap();
    victim.wait().unwrap();
    kept.extend(lines.filter_map(acknowledged));
    kept
}
