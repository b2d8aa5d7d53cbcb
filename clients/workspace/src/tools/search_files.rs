//! `search_files`: finds lines in the files of the workspace.

mod ignored;

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use ignore::{DirEntry, WalkBuilder, overrides::OverrideBuilder};
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use self::ignored::Ignored;
use super::{Call, Tools};
use crate::{
    folder::Folder,
    limit,
    refusal::{Refusal, read},
};

/// Bytes that a pattern may become.
const PATTERN_BYTES: usize = 4 << 20;

#[derive(Deserialize)]
struct Args {
    pattern: String,
    path: Option<String>,
    glob: Option<String>,
}

#[derive(Default)]
struct Found {
    matches: Vec<Value>,
    files: usize,
    bytes: usize,
    /// Why not everything was looked at.
    stopped: Option<&'static str>,
}

pub(super) async fn run(tools: &Tools, call: &Call, args: Value) -> Result<Value, Refusal> {
    let args: Args = read(args)?;
    let folder = tools.folder.clone();
    let until = Instant::now() + call.bounded(limit::SEARCH);
    call.blocking(move || search(&folder, &args, until)).await
}

fn search(folder: &Arc<Folder>, args: &Args, until: Instant) -> Result<Value, Refusal> {
    let pattern = RegexBuilder::new(&args.pattern).size_limit(PATTERN_BYTES).build();
    let pattern = pattern.map_err(|error| Refusal::of("the pattern is no regular expression", error))?;
    let start = folder.find(args.path.as_deref().unwrap_or("."))?;
    let walk = walk(folder, &folder.root().join(start.relative()), args.glob.as_deref(), until)?;
    let mut found = Found::default();
    for entry in walk.flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file())) {
        if found.files >= limit::SEARCHED_FILES || Instant::now() >= until {
            break;
        }
        found.files += 1;
        found.look(folder, &entry, &pattern);
        if found.stopped.is_some() {
            return Ok(found.tell());
        }
    }
    // The walk itself stops when the time is over.
    if found.files >= limit::SEARCHED_FILES || Instant::now() >= until {
        found.stopped = Some("there were too many files; search in a path or with a glob");
    }
    Ok(found.tell())
}

fn walk(folder: &Folder, start: &Path, glob: Option<&str>, until: Instant) -> Result<ignore::Walk, Refusal> {
    let mut walk = WalkBuilder::new(start);
    // Files that git ignores are ignored also where there is no repository; those of git itself always.
    let ignored = Ignored::default();
    walk.standard_filters(false).follow_links(false).filter_entry(move |entry| {
        let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
        Instant::now() < until && entry.file_name() != ".git" && !ignored.covers(entry.path(), is_dir)
    });
    walk.sort_by_file_name(std::ffi::OsStr::cmp);
    if let Some(glob) = glob {
        let mut globs = OverrideBuilder::new(folder.root());
        let globs = globs.add(glob).and_then(|globs| globs.build());
        walk.overrides(globs.map_err(|error| Refusal::of("the glob is none", error))?);
    }
    Ok(walk.build())
}

impl Found {
    fn look(&mut self, folder: &Folder, entry: &DirEntry, pattern: &Regex) {
        let Some((path, content)) = content(folder, entry) else { return };
        let shown = path.display().to_string();
        let lines = (1_u64..).zip(content.split(|byte| *byte == b'\n'));
        let hits = lines.filter(|(_, line)| pattern.is_match(line));
        for (seen, (number, line)) in hits.enumerate() {
            if seen == limit::FOUND_LINES_PER_FILE {
                self.matches.push(json!({ "path": shown, "note": "there are more in this file" }));
                return;
            }
            let text = cut(line);
            self.bytes += text.len() + shown.len();
            self.matches.push(json!({ "path": shown, "line": number, "text": text }));
            if self.matches.len() >= limit::FOUND_LINES || self.bytes > limit::SHOWN_BYTES {
                self.stopped = Some("there are more; search for something rarer, in a path or with a glob");
                return;
            }
        }
    }

    fn tell(self) -> Value {
        let mut result = json!({ "matches": self.matches, "files_searched": self.files });
        if let Some(why) = self.stopped {
            result["truncated"] = json!(true);
            result["note"] = json!(why);
        }
        result
    }
}

/// Returns a file's path in the folder and what it says, if it is text and not too large.
fn content(folder: &Folder, entry: &DirEntry) -> Option<(PathBuf, Vec<u8>)> {
    let path = entry.path().strip_prefix(folder.root()).ok()?;
    let place = folder.find(path.to_str()?).ok()?;
    let file: File = folder.read(&place).ok()?;
    let size = file.metadata().ok()?.len();
    if size > limit::SEARCHED_BYTES {
        return None;
    }
    let mut content = Vec::with_capacity(usize::try_from(size).ok()?);
    file.take(limit::SEARCHED_BYTES).read_to_end(&mut content).ok()?;
    (!content.contains(&0)).then(|| (path.to_owned(), content))
}

fn cut(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let shown = line.get(..limit::LINE_BYTES).unwrap_or(line);
    String::from_utf8_lossy(shown).trim_end_matches('\u{fffd}').to_owned()
}
