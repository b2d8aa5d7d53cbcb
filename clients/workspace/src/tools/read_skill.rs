//! `read_skill`: shows what a skill says.

use std::io::Read as _;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Tools};
use crate::{
    folder::Folder,
    limit,
    refusal::{Refusal, read},
    report::skills,
};

#[derive(Deserialize)]
struct Args {
    name: String,
}

pub(super) async fn run(tools: &Tools, call: &Call, args: Value) -> Result<Value, Refusal> {
    let args: Args = read(args)?;
    let folder = tools.folder.clone();
    call.blocking(move || {
        let dir = find(&folder, &args.name)?;
        let text = whole(&folder, &format!("{dir}/SKILL.md"), limit::SKILL_BYTES)?;
        let body = skills::split(&text).map_or(text.as_str(), |(_, body)| body);
        let files = skills::files(&folder, &dir);
        Ok(json!({ "name": args.name, "dir": dir, "body": body, "files": files }))
    })
    .await
}

/// Returns the folder of a skill.
pub(super) fn find(folder: &Folder, name: &str) -> Result<String, Refusal> {
    let name = name.strip_prefix("workspace/").unwrap_or(name);
    let all = skills::list(folder);
    let found = all.iter().find(|skill| skill.name == name);
    found.map(|skill| skill.dir.clone()).ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|skill| skill.name.as_str()).collect();
        Refusal(format!("there is no skill {name}; there are: {}", names.join(", ")))
    })
}

/// Returns the whole of a text file.
pub(super) fn whole(folder: &Folder, path: &str, most: u64) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    let file = folder.read(&folder.find(path)?)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| Refusal::of(path, error))?;
    if bytes.len() as u64 > most {
        return Err(Refusal(format!("{path} is larger than {} KiB", most >> 10)));
    }
    String::from_utf8(bytes).map_err(|_| Refusal(format!("{path} is not UTF-8 text")))
}
