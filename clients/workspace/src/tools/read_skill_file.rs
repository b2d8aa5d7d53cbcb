//! `read_skill_file`: shows a file that belongs to a skill.

use std::path::{Component, Path};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Call, Tools,
    read_skill::{find, whole},
};
use crate::{
    limit,
    refusal::{Refusal, read},
};

#[derive(Deserialize)]
struct Args {
    name: String,
    path: String,
}

pub(super) async fn run(tools: &Tools, call: &Call, args: Value) -> Result<Value, Refusal> {
    let args: Args = read(args)?;
    if !is_plain(Path::new(&args.path)) {
        return Err(Refusal(
            "the path must lead into the skill's folder, past nothing that is hidden".into(),
        ));
    }
    let folder = tools.folder.clone();
    call.blocking(move || {
        let dir = find(&folder, &args.name)?;
        let path = format!("{dir}/{}", args.path);
        // A link in the skill may lead elsewhere in the workspace.
        let place = folder.find(&path)?;
        if !place.relative().starts_with(folder.find(&dir)?.relative()) {
            return Err(Refusal("the path must lead into the skill's folder".into()));
        }
        let mut content = whole(&folder, &path, limit::SKILL_FILE_BYTES)?;
        let whole = content.len();
        content.truncate(content.floor_char_boundary(limit::SKILL_FILE_SHOWN_BYTES));
        let mut result = json!({ "content": content });
        if content.len() < whole {
            result["truncated"] = json!(true);
            result["note"] = json!("only its beginning is shown; read_file shows any of its lines");
        }
        Ok(result)
    })
    .await
}

fn is_plain(path: &Path) -> bool {
    let is_plain = |part: Component<'_>| match part {
        Component::Normal(name) => !name.as_encoded_bytes().starts_with(b"."),
        Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => false,
    };
    path.components().next().is_some() && path.components().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_taken() {
        for path in ["a.md", "scripts/run.sh", "a//b"] {
            assert!(is_plain(Path::new(path)), "{path}");
        }
        for path in ["", "/etc/passwd", "../x", "a/../../x", ".env", "a/.git/config", "./x", "."] {
            assert!(!is_plain(Path::new(path)), "{path}");
        }
    }
}
