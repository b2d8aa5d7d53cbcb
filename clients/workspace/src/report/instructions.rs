//! Files that say how to work here.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use chat::{agent::InstructionFile, limit::INSTRUCTION_BYTES};

use crate::{
    folder::{Folder, regular},
    limit,
};

const NAMES: [&str; 3] = ["AGENTS.md", "CLAUDE.md", ".cursorrules"];
/// Bytes that are read; one more than is told.
const READ_BYTES: u64 = INSTRUCTION_BYTES as u64 + 1;

/// Returns the files above a folder and in it, the outermost first. The nearest count most, so they are kept.
///
/// What is in the folder may come from anybody: its links lead nowhere but into the folder, and those above nowhere.
pub(super) fn list(folder: &Folder) -> Vec<InstructionFile> {
    let inside = NAMES.into_iter().filter_map(|name| tell(folder.root().join(name), inside(folder, name)?));
    let above = folder.root().ancestors().skip(1).flat_map(|above| NAMES.map(|name| above.join(name)));
    let above = above.filter_map(|path| {
        let bytes = regular(&path, READ_BYTES)?;
        tell(path, bytes)
    });
    let mut found: Vec<InstructionFile> = Vec::new();
    for file in inside.chain(above).take(limit::INSTRUCTION_FILES) {
        // One is often a link to the other.
        if found.iter().all(|other| other.content != file.content) {
            found.push(file);
        }
    }
    found.sort_by_key(|file| Path::new(&file.path).components().count());
    found
}

fn inside(folder: &Folder, name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    folder.read(&folder.find(name).ok()?).ok()?.take(READ_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn tell(path: PathBuf, bytes: Vec<u8>) -> Option<InstructionFile> {
    let mut content = String::from_utf8_lossy(&bytes).into_owned();
    let truncated = content.len() > INSTRUCTION_BYTES;
    content.truncate(content.floor_char_boundary(INSTRUCTION_BYTES));
    let path = path.to_str()?.to_owned();
    (!content.trim().is_empty()).then_some(InstructionFile { path, content, truncated })
}
