//! What of the machine concerns the chats that work on it.

mod git;
mod instructions;
pub mod skills;
mod watch;

use chat::{agent::Report, limit::FRAME_MAX_BYTES};

pub use self::watch::watch;
use crate::{folder::Folder, refusal::blocking};

/// Bytes of a report that fit into a message, with what is around it.
const REPORT_BYTES: usize = FRAME_MAX_BYTES - 1_024;

/// Looks at the machine.
pub async fn look(folder: &std::sync::Arc<Folder>) -> Report {
    let inside = std::sync::Arc::clone(folder);
    let files = blocking(move || Ok((instructions::list(&inside), skills::list(&inside)))).await;
    let (instructions, skills) = files.unwrap_or_default();
    fit(Report { instructions, skills, git: git::state(folder.root()).await })
}

/// Cuts a report to what one message takes: the diff first, then the names of files, then the longest instructions, then skills.
fn fit(mut report: Report) -> Report {
    while let Some(surplus) = surplus(&report) {
        cut(&mut report, surplus);
    }
    report
}

/// Returns by how many bytes a report is too large, if it is.
fn surplus(report: &Report) -> Option<usize> {
    let size = serde_json::to_string(report).map_or(0, |json| json.len());
    size.checked_sub(REPORT_BYTES).filter(|surplus| *surplus > 0)
}

/// Takes something away, whatever there is: cuts end. Escapes make JSON longer than its text, so that one may not do.
fn cut(report: &mut Report, surplus: usize) {
    let texts = report.instructions.iter_mut().filter(|file| !file.content.is_empty());
    if let Some(git) = report.git.as_mut().filter(|git| !git.diff.is_empty()) {
        shorten(&mut git.diff, surplus);
        git.truncated = true;
    } else if let Some(git) = report.git.as_mut().filter(|git| !git.files.is_empty()) {
        git.files.truncate(git.files.len() / 2);
        git.truncated = true;
    } else if let Some(longest) = texts.max_by_key(|file| file.content.len()) {
        shorten(&mut longest.content, surplus);
        longest.truncated = true;
    } else if !report.instructions.is_empty() {
        report.instructions.clear();
    } else if report.skills.pop().is_none() {
        report.git = None;
    }
}

fn shorten(text: &mut String, surplus: usize) {
    text.truncate(text.floor_char_boundary(text.len().saturating_sub(surplus)));
}

#[cfg(test)]
mod tests;
