//! `process_signal`: ends a process.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Tools, process_output::find};
use crate::{
    limit,
    refusal::{Refusal, read},
};

#[derive(Deserialize)]
struct Args {
    process_id: String,
    signal: Signal,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Signal {
    Terminate,
    Kill,
}

pub(super) async fn run(tools: &Tools, call: &Call, args: Value) -> Result<Value, Refusal> {
    let args: Args = read(args)?;
    let process = find(tools, call, &args.process_id)?;
    if !process.is_left() {
        return Ok(json!({ "success": false, "message": "the process has ended already" }));
    }
    match args.signal {
        Signal::Terminate => process.terminate(),
        Signal::Kill => process.kill("it was killed by process_signal"),
    }
    // What a command left behind may take a moment longer than itself.
    let has_ended = process.wait(limit::PROGRESS).await && !process.is_left();
    let message = match (has_ended, args.signal) {
        (true, _) => "the process has ended",
        (false, Signal::Terminate) => "the process was asked to end; if it does not within 5 s it is killed",
        (false, Signal::Kill) => "the process was killed",
    };
    Ok(json!({ "success": true, "message": message }))
}
