//! The process: what it prints, and how it ends.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

pub(crate) fn start(data: &Path, json: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_local"))
        .args(["--port", "0", "--data"])
        .arg(data)
        .args(json)
        .env_remove("ANTHROPIC_API_KEY")
        .env_remove("OPENAI_API_KEY")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn terminate(child: &Child) {
    let killed = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(killed.success());
}

#[tokio::test]
async fn the_first_line_says_where_it_is_and_sigterm_ends_it_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(folder.path(), &["--json"]);
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let announced: Value = serde_json::from_str(&line).unwrap();
    let health = format!("{}/v1/health", announced["http_url"].as_str().unwrap());
    assert_eq!(reqwest::get(health).await.unwrap().status(), 200);
    let keys: Vec<_> = announced.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["data", "http_url", "socket_url", "token"]);
    terminate(&child);
    assert!(child.wait().unwrap().success());
}

#[test]
fn without_a_key_it_says_that_a_script_answers() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(folder.path(), &[]);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.contains("a rehearsal model answers"), "{line}");
    terminate(&child);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_second_process_on_the_same_data_is_told_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = start(folder.path(), &["--json"]);
    BufReader::new(first.stdout.as_mut().unwrap()).read_line(&mut String::new()).unwrap();
    let mut second = start(folder.path(), &["--json"]);
    assert!(!second.wait().unwrap().success());
    let mut said = String::new();
    second.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("is in use by another local stack"), "{said}");
    terminate(&first);
    assert!(first.wait().unwrap().success());
}
