//! `infra/deploy.sh` refuses what cannot be before it builds or creates anything.

use std::{path::Path, process::Command};

/// What it says to these arguments, and how it ends.
fn refusal(arguments: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy.sh");
    let output = Command::new("bash").arg(script).args(arguments).stdin(std::process::Stdio::null()).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    format!("{}\n    {}", arguments.join(" "), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn bad_parameters_are_refused_with_a_sentence() {
    let certificate = "arn:aws:acm:us-east-1:000000000000:certificate/00000000-0000-0000-0000-000000000000";
    let refusals = [
        refusal(&["--stage", "Prod"]),
        refusal(&["--stage", "a-stage-with-a-name-too-long"]),
        refusal(&["--stage"]),
        refusal(&["--ceiling", "many"]),
        refusal(&["--ceiling", "7"]),
        refusal(&["--ceiling", "7", "--queues", "8"]),
        refusal(&["--ceiling", "2001", "--queues", "2"]),
        refusal(&["--queues", "3"]),
        refusal(&["--retention", "31"]),
        refusal(&["--alarm-email", "nobody"]),
        refusal(&["--domain", "Chat.example.com"]),
        refusal(&["--certificate", certificate]),
        refusal(&["--domain", "chat.example.com", "--certificate", "certificate"]),
        refusal(&["--domain", "chat.example.com", "--certificate", certificate, "--zone", "zone"]),
        refusal(&["--parameter", "Nothing=1"]),
        refusal(&["--parameter", "RehearsalUrl"]),
        refusal(&["--parameter", "RehearsalUrl=\\"]),
        refusal(&["--parameter", "RehearsalUrl=@nowhere"]),
        refusal(&["--force"]),
    ];
    insta::assert_snapshot!(refusals.join(""));
}
