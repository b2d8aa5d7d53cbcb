//! Files that say how to work here.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use chat::{agent::InstructionFile, limit::INSTRUCTION_BYTES};

use crate::limit;

const NAMES: [&str; 3] = ["AGENTS.md", "CLAUDE.md", ".cursorrules"];

/// Returns the files above a folder and in it, the outermost first. The nearest count most, so they are kept.
pub(super) fn list(folder: &Path) -> Vec<InstructionFile> {
    let near_first = folder.ancestors().flat_map(|above| NAMES.map(|name| above.join(name)));
    let mut found: Vec<InstructionFile> = Vec::new();
    for file in near_first.filter_map(read).take(limit::INSTRUCTION_FILES) {
        // One is often a link to the other.
        if found.iter().all(|other| other.content != file.content) {
            found.push(file);
        }
    }
    found.sort_by_key(|file| Path::new(&file.path).components().count());
    found
}

fn read(path: PathBuf) -> Option<InstructionFile> {
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(&path).ok()?.take(INSTRUCTION_BYTES as u64 + 1).read_to_end(&mut bytes).ok()?;
    let mut content = String::from_utf8_lossy(&bytes).into_owned();
    let truncated = content.len() > INSTRUCTION_BYTES;
    content.truncate(content.floor_char_boundary(INSTRUCTION_BYTES));
    let path = path.to_str()?.to_owned();
    (!content.trim().is_empty()).then_some(InstructionFile { path, content, truncated })
}
