//! `process_list`: shows the chat's processes.

use serde_json::{Value, json};

use super::{Call, Tools};
use crate::{limit, process::Process, refusal::Refusal};

/// Characters of a command that are shown.
const COMMAND_CHARS: usize = 200;

pub(super) fn run(tools: &Tools, call: &Call) -> Result<Value, Refusal> {
    let all = tools.processes.list(call.token.chat_id);
    let shown: Vec<_> = all.iter().take(limit::LISTED_PROCESSES).map(|process| line(process)).collect();
    Ok(json!({ "processes": shown, "total": all.len() }))
}

fn line(process: &Process) -> Value {
    let command: String = process.command().chars().take(COMMAND_CHARS).collect();
    let mut line = json!({
        "process_id": process.id().to_string(),
        "command": command,
        "state": "running",
        "wall_duration_ms": u64::try_from(process.wall_duration().as_millis()).unwrap_or(u64::MAX),
    });
    if let Some(end) = process.end() {
        // What it started may run on.
        line["state"] = json!(if process.is_left() { "running" } else { "exited" });
        line["exit_code"] = json!(end.code);
    }
    line
}
