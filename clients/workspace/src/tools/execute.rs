//! `execute`: runs a command.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    Call, Progress, Tools,
    snapshot::{self, Look},
    wait::Length,
};
use crate::{
    limit,
    process::{Command, Process},
    refusal::{Refusal, read},
};

#[derive(Deserialize)]
struct Args {
    command: String,
    timeout: Option<Length>,
    workdir: Option<String>,
    #[serde(default)]
    run_in_background: bool,
}

pub(super) async fn run(tools: &Tools, call: &Call, args: Value) -> Result<Value, Refusal> {
    let args: Args = read(args)?;
    let patience = call.bounded(Length::read(args.timeout.as_ref(), limit::WAIT)?);
    let (text, is_background) = background(&args.command);
    if text.is_empty() {
        return Err(Refusal("the command is empty".into()));
    }
    let folder = match args.workdir.as_deref() {
        None => None,
        Some(folder) => Some(tools.folder.root().join(tools.folder.find(folder)?.relative())),
    };
    let command = Command { text: text.to_owned(), folder };
    let process = tools.processes.start(&call.token, command).map_err(|error| Refusal(error.to_string()))?;
    if is_background || args.run_in_background {
        return Ok(snapshot::of(&process, Look::Background));
    }
    follow(&process, call, patience).await;
    let mut result = snapshot::of(&process, Look::Deadline(patience.as_secs_f64()));
    if let (None, Some(hint)) = (result.get("note"), hint(text)) {
        result["note"] = json!(hint);
    }
    Ok(result)
}

/// Waits for its end, telling what it puts out.
async fn follow(process: &Arc<Process>, call: &Call, patience: Duration) {
    let until = Instant::now() + patience;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if process.wait(left.min(limit::PROGRESS)).await || left <= limit::PROGRESS {
            return;
        }
        let progress = process.with_output(|output| {
            let fresh = output.take_fresh();
            (!fresh.is_empty()).then(|| Progress { fresh, so_far: output.text() })
        });
        if let Some(progress) = progress {
            // Who does not keep up sees the next one.
            drop(call.progress.try_send(progress));
        }
    }
}

/// Returns the command without the `&` that sends it to the background, and whether there was one.
fn background(command: &str) -> (&str, bool) {
    let command = command.trim();
    match command.strip_suffix('&') {
        Some(front) if !front.ends_with(['&', '|', '\\']) => (front.trim_end(), true),
        _ => (command, false),
    }
}

/// Models reach for what they know; the tools made for it say more in less.
fn hint(command: &str) -> Option<&'static str> {
    if command.contains(['|', ';', '&', '>', '<', '\n']) {
        return None;
    }
    match command.split_whitespace().next()? {
        "cat" | "head" | "tail" | "sed" => Some("read_file shows files with line numbers"),
        "grep" | "rg" => Some("search_files searches files and passes over ignored ones"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lone_ampersand_at_the_end_means_the_background() {
        let check = |command, expect| assert_eq!(background(command), expect);
        check("sleep 9 &", ("sleep 9", true));
        check("  a && b  ", ("a && b", false));
        check("a &&", ("a &&", false));
        check("a |&", ("a |&", false));
        check(r"echo \&", (r"echo \&", false));
        check("a & b", ("a & b", false));
        check("&", ("", true));
    }

    #[test]
    fn hints_are_given_where_a_tool_does_it_better() {
        assert!(hint("cat a.txt").is_some() && hint("grep -rn x .").is_some());
        assert!(hint("cat a | wc -l").is_none() && hint("cargo test").is_none() && hint("cat > x").is_none());
    }
}
