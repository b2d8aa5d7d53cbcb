//! `edit_files`: replaces passages, in all files or in none.

mod passage;

use std::{collections::BTreeSet, io::Read as _};

use serde::Deserialize;
use serde_json::{Value, json};

use self::passage::Edit;
use super::{Call, Tools};
use crate::{
    folder::{Folder, Place, Prepared},
    limit,
    refusal::{Refusal, read},
};

#[derive(Deserialize)]
struct Args {
    files: Vec<FileEdits>,
}

#[derive(Deserialize)]
struct FileEdits {
    path: String,
    edits: Vec<Edit>,
}

struct Edited {
    place: Place,
    before: String,
    after: String,
    replacements: usize,
}

pub(super) async fn run(tools: &Tools, call: &Call, args: Value) -> Result<Value, Refusal> {
    let args: Args = read(args)?;
    let folder = tools.folder.clone();
    call.blocking(move || {
        let _writing = folder.writing();
        let edited = edit(&folder, &args.files)?;
        put(prepare(&folder, &edited)?, &edited)?;
        let shown = args.files.iter().zip(&edited);
        let files: Vec<_> = shown
            .map(|(file, edited)| json!({ "path": file.path, "replacements": edited.replacements }))
            .collect();
        Ok(json!({ "ok": true, "files": files }))
    })
    .await
}

/// Works everything out before anything is written.
fn edit(folder: &Folder, files: &[FileEdits]) -> Result<Vec<Edited>, Refusal> {
    if files.is_empty() {
        return Err(Refusal("no files are named".into()));
    }
    let (mut seen, mut all, mut bytes) = (BTreeSet::new(), Vec::new(), 0);
    for file in files {
        let edited =
            edit_one(folder, file).map_err(|wrong| Refusal(format!("{wrong}; nothing was changed")))?;
        if !seen.insert(edited.place.relative().to_owned()) {
            return Err(Refusal(format!("{} is named twice; nothing was changed", file.path)));
        }
        bytes += edited.before.len() + edited.after.len();
        if bytes > limit::EDITED_TOGETHER_BYTES {
            return Err(Refusal("these are too large to edit together; nothing was changed".into()));
        }
        all.push(edited);
    }
    Ok(all)
}

fn edit_one(folder: &Folder, file: &FileEdits) -> Result<Edited, Refusal> {
    let place = folder.find(&file.path)?;
    let before = text(folder, &place, &file.path)?;
    let (mut after, mut replacements) = (before.clone(), 0);
    for (number, edit) in (1..).zip(&file.edits) {
        let (text, count) =
            edit.apply(&after).map_err(|wrong| Refusal(format!("{}: edit {number}: {wrong}", file.path)))?;
        (after, replacements) = (text, replacements + count);
    }
    Ok(Edited { place, before, after, replacements })
}

fn text(folder: &Folder, place: &Place, path: &str) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    let file = folder.read(place)?;
    file.take(limit::EDITED_BYTES + 1).read_to_end(&mut bytes).map_err(|error| Refusal::of(path, error))?;
    if bytes.len() as u64 > limit::EDITED_BYTES {
        return Err(Refusal(format!("{path} is larger than {} MiB", limit::EDITED_BYTES >> 20)));
    }
    String::from_utf8(bytes).map_err(|_| Refusal(format!("{path} is not UTF-8 text")))
}

/// Writes all files beside their places.
fn prepare(folder: &Folder, edited: &[Edited]) -> Result<Vec<Prepared>, Refusal> {
    edited.iter().map(|file| folder.prepare(&file.place, file.after.as_bytes())).collect()
}

/// Moves one after the other into its place; a move that fails takes the others back.
fn put(mut prepared: Vec<Prepared>, edited: &[Edited]) -> Result<(), Refusal> {
    for index in 0..prepared.len() {
        let moved = prepared.get_mut(index).map_or(Ok(()), Prepared::put);
        let Err(wrong) = moved else { continue };
        let done = prepared.iter_mut().zip(edited).take(index);
        let lost = done.filter_map(|(file, edited)| file.restore(edited.before.as_bytes()).err());
        return Err(match lost.count() {
            0 => Refusal(format!("{wrong}; nothing was changed")),
            lost => Refusal(format!("{wrong}; {lost} of the files before it could not be restored")),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Scene;

    /// The second move fails because its place became a folder; the first is taken back.
    #[test]
    fn a_move_that_fails_takes_back_the_ones_before() {
        let scene = Scene::new();
        scene.write("a", "before");
        scene.write("b", "before");
        let folder = &scene.tools.folder;
        let edits = json!([{ "search": "before", "replace": "after" }]);
        let args = json!({ "files": [{ "path": "a", "edits": edits }, { "path": "b", "edits": edits }] });
        let edited = edit(folder, &read::<Args>(args).unwrap().files).unwrap();
        let prepared = prepare(folder, &edited).unwrap();
        std::fs::remove_file(scene.root().join("b")).unwrap();
        std::fs::create_dir_all(scene.root().join("b/x")).unwrap();
        let refusal = put(prepared, &edited).unwrap_err().to_string();
        assert!(refusal.ends_with("; nothing was changed"), "{refusal}");
        assert_eq!(scene.text("a"), "before");
        assert_eq!(std::fs::read_dir(scene.root()).unwrap().count(), 2);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn edits_beside_each_other_lose_none() {
        let scene = Scene::new();
        let lines = |word: &str| (10..42).map(|line| format!("{word}{line}\n")).collect::<String>();
        scene.write("a", lines("old"));
        let edits = (10..42).map(|line| {
            let edit = json!({ "search": format!("old{line}"), "replace": format!("new{line}") });
            scene.run("edit_files", json!({ "files": [{ "path": "a", "edits": [edit] }] }))
        });
        for edited in futures::future::join_all(edits).await {
            edited.unwrap();
        }
        assert_eq!(scene.text("a"), lines("new"));
    }
}
