//! `propose_plan`: shows a plan that was written to a file.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Tools, read_skill::whole};
use crate::{
    limit,
    refusal::{Refusal, read},
};

#[derive(Deserialize)]
struct Args {
    path: String,
}

pub(super) async fn run(tools: &Tools, call: &Call, args: Value) -> Result<Value, Refusal> {
    let args: Args = read(args)?;
    let folder = tools.folder.clone();
    call.blocking(move || {
        if Path::new(&args.path).extension().is_none_or(|extension| extension != "md") {
            return Err(Refusal(format!("{} is not a .md file", args.path)));
        }
        let content = whole(&folder, &args.path, limit::PLAN_BYTES)?;
        if content.trim().is_empty() {
            return Err(Refusal(format!("{} is empty; write the plan first", args.path)));
        }
        Ok(json!({ "ok": true, "path": args.path, "kind": "plan", "content": content }))
    })
    .await
}
