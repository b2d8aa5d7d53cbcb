//! `process_output`: waits for a process and shows what it puts out.

use serde::Deserialize;
use serde_json::Value;

use super::{
    Call, Tools,
    snapshot::{self, Look},
    wait::Length,
};
use crate::{
    limit,
    process::Process,
    refusal::{Refusal, read},
};

#[derive(Deserialize)]
struct Args {
    process_id: String,
    wait_timeout: Option<Length>,
}

pub(super) async fn run(tools: &Tools, call: &Call, args: Value) -> Result<Value, Refusal> {
    let args: Args = read(args)?;
    let process = find(tools, call, &args.process_id)?;
    let wanted = Length::read(args.wait_timeout.as_ref(), limit::WAIT)?;
    process.wait(call.bounded(wanted.min(limit::WAIT_MAX))).await;
    Ok(snapshot::of(&process, Look::Asked))
}

/// Returns a process of the call's chat.
pub(super) fn find(tools: &Tools, call: &Call, id: &str) -> Result<std::sync::Arc<Process>, Refusal> {
    let found = id.parse().ok().and_then(|id| tools.processes.get(call.token.chat_id, &id));
    found.ok_or_else(|| {
        Refusal(format!(
            "there is no process {id}; process_list shows those of this chat since the agent started"
        ))
    })
}
