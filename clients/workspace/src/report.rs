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
    let files = blocking(move || Ok((instructions::list(inside.root()), skills::list(&inside)))).await;
    let (instructions, skills) = files.unwrap_or_default();
    fit(Report { instructions, skills, git: git::state(folder.root()).await })
}

/// Cuts a report to what one message takes: the diff first, then the longest instructions.
fn fit(mut report: Report) -> Report {
    for _ in 0..limit_of_cuts(&report) {
        let size = serde_json::to_string(&report).map_or(0, |json| json.len());
        let Some(surplus) = size.checked_sub(REPORT_BYTES).filter(|surplus| *surplus > 0) else { break };
        cut(&mut report, surplus);
    }
    report
}

/// Escapes make JSON longer than its text, so that one cut may not do.
fn limit_of_cuts(report: &Report) -> usize {
    8 * (report.instructions.len() + 2)
}

fn cut(report: &mut Report, surplus: usize) {
    if let Some(git) = report.git.as_mut().filter(|git| !git.diff.is_empty()) {
        shorten(&mut git.diff, surplus);
        git.truncated = true;
    } else if let Some(longest) = report.instructions.iter_mut().max_by_key(|file| file.content.len()) {
        shorten(&mut longest.content, surplus);
        longest.truncated = true;
    } else {
        report.skills.pop();
    }
}

fn shorten(text: &mut String, surplus: usize) {
    text.truncate(text.floor_char_boundary(text.len().saturating_sub(surplus)));
}

#[cfg(test)]
mod tests;
