//! What the model is told of a process.

use serde_json::{Value, json};

use crate::process::{End, Process};

/// Why somebody looks at a process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Look {
    /// It was to be done within this many seconds.
    Deadline(f64),
    /// It was started to go on.
    Background,
    /// Somebody asks how it is.
    Asked,
}

/// Returns a process as it stands.
pub(super) fn of(process: &Process, look: Look) -> Value {
    let end = process.end();
    let (output, truncated) = process.with_output(|output| (output.text(), output.truncated()));
    let mut result = json!({
        "success": true,
        "output": output,
        "wall_duration_ms": u64::try_from(process.wall_duration().as_millis()).unwrap_or(u64::MAX),
    });
    if let Some(truncated) = truncated {
        result["truncated"] = truncated;
    }
    match end {
        Some(end) => tell_end(&mut result, process, &end),
        None => tell_running(&mut result, process, look),
    }
    result
}

fn tell_end(result: &mut Value, process: &Process, end: &End) {
    result["success"] = json!(end.code == 0);
    result["exit_code"] = json!(end.code);
    let signalled = || Some(format!("it was ended by signal {}", end.signal?));
    if let Some(why) = process.reason().or_else(signalled) {
        result["error"] = json!(why);
    }
}

fn tell_running(result: &mut Value, process: &Process, look: Look) {
    let id = process.id().to_string();
    match look {
        Look::Deadline(seconds) => {
            result["success"] = json!(false);
            result["exit_code"] = json!(-1);
            result["error"] =
                json!(format!("the command was not done after {seconds} s and goes on in the background"));
            result["note"] = json!("use process_output to wait for it, process_signal to end it");
            result["background_process_id"] = json!(id);
        }
        Look::Background => {
            result["note"] = json!("it runs in the background; process_output shows what it puts out");
            result["background_process_id"] = json!(id);
        }
        Look::Asked => result["note"] = json!("it is still running"),
    }
}
