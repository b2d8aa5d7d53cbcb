//! `write_file`: writes a whole file.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Tools};
use crate::refusal::{Refusal, read};

#[derive(Deserialize)]
struct Args {
    path: String,
    content: String,
}

pub(super) async fn run(tools: &Tools, call: &Call, args: Value) -> Result<Value, Refusal> {
    let args: Args = read(args)?;
    let folder = tools.folder.clone();
    call.blocking(move || {
        let _writing = folder.writing();
        let mut file = folder.prepare(&folder.place(&args.path)?, args.content.as_bytes())?;
        file.put()?;
        Ok(json!({ "ok": true, "path": args.path, "size_bytes": args.content.len(), "created": file.is_new() }))
    })
    .await
}
