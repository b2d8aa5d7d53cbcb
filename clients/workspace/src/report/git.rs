//! The state of a working tree, as `git` tells it.

mod command;
mod count;

use std::path::{Path, PathBuf};

use chat::{
    agent::GitState,
    diff::{FileChange, without_credentials},
    limit::{DIFF_BYTES, DIFF_FILES},
};

use self::command::Git;
use crate::{folder::regular, refusal::blocking};

/// Bytes of a new file that is told whole.
const NEW_FILE_BYTES: u64 = 64 * 1024;
/// New files that are looked into.
const NEW_FILES: usize = 2_000;

/// Returns the state of the tree that a folder is in; none where there is none, or no `git`.
pub(super) async fn state(folder: &Path) -> Option<GitState> {
    let git = Git::quiet(folder).await?;
    git.line(&["rev-parse", "--show-toplevel"]).await?;
    let branch = git.line(&["symbolic-ref", "--short", "-q", "HEAD"]).await.unwrap_or_default();
    let remote = git.line(&["remote", "get-url", "origin"]).await.unwrap_or_default();
    let told = match base(&git).await {
        Some(base) => changes(&git, &base).await,
        None => Changes::default(),
    };
    let Changes { mut diff, files } = told;
    let truncated = diff.len() > DIFF_BYTES || files.len() > DIFF_FILES;
    diff.truncate(diff.floor_char_boundary(DIFF_BYTES));
    let count = |lines: fn(&FileChange) -> Option<u64>| files.iter().filter_map(lines).sum();
    Some(GitState {
        pushed: pushed(&git, &branch).await,
        branch,
        remote: without_credentials(&remote),
        additions: count(|file| file.additions),
        deletions: count(|file| file.deletions),
        changed_files: files.len() as u64,
        files: files.into_iter().take(DIFF_FILES).collect(),
        diff,
        truncated,
    })
}

/// What differs from a base.
#[derive(Default)]
struct Changes {
    diff: String,
    files: Vec<FileChange>,
}

/// Returns the commit that `origin` has of a branch, as far as the tree knows.
async fn pushed(git: &Git<'_>, branch: &str) -> String {
    let remote = format!("refs/remotes/origin/{branch}");
    git.line(&["rev-parse", "--verify", "-q", &remote]).await.unwrap_or_default()
}

/// Returns the commit that the branch began from, as far as that can be told; the last commit otherwise.
async fn base(git: &Git<'_>) -> Option<String> {
    let default = git.line(&["symbolic-ref", "--short", "-q", "refs/remotes/origin/HEAD"]).await;
    for branch in default.as_deref().into_iter().chain(["origin/main", "origin/master"]) {
        if let Some(base) = git.line(&["merge-base", "HEAD", branch]).await {
            return Some(base);
        }
    }
    git.line(&["rev-parse", "--verify", "-q", "HEAD"]).await
}

/// Tracked files against the base, and then new ones. The trees of submodules have configurations of their own, which
/// would run: they are not looked into.
async fn changes(git: &Git<'_>, base: &str) -> Changes {
    let quiet = ["--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=dirty", base, "--"];
    let diff = git.run(&[&["diff"], &quiet[..]].concat(), DIFF_BYTES + 1).await.unwrap_or_default();
    let counts = git.run(&[&["diff", "--numstat", "-z"], &quiet[..]].concat(), DIFF_BYTES).await;
    let mut changes = Changes { diff, files: count::files(&counts.unwrap_or_default()) };
    let new = ["ls-files", "--others", "--exclude-standard", "-z", "--full-name", ":/"];
    let new = git.run(&new, DIFF_BYTES).await.unwrap_or_default();
    let Some(top) = git.line(&["rev-parse", "--show-toplevel"]).await else { return changes };
    let room = (DIFF_BYTES + 1).saturating_sub(changes.diff.len());
    let added = blocking(move || Ok(additions(&PathBuf::from(top), &new, room))).await.unwrap_or_default();
    changes.diff.push_str(&added.diff);
    changes.files.extend(added.files);
    changes
}

/// Returns new files, as git would tell them up to a length.
fn additions(top: &Path, paths: &str, room: usize) -> Changes {
    let mut added = Changes::default();
    for path in paths.split_terminator('\0').take(NEW_FILES) {
        let text = text(&top.join(path));
        let lines = text.as_ref().map(|text| text.split_inclusive('\n').count());
        if added.diff.len() < room {
            added.diff.push_str(&addition(path, text.as_deref(), lines.unwrap_or(0)));
        }
        let (additions, deletions) = (lines.map(|lines| lines as u64), lines.map(|_| 0));
        added.files.push(FileChange { path: path.to_owned(), additions, deletions });
    }
    added
}

/// Returns a file that git does not know yet as git would tell it.
fn addition(path: &str, text: Option<&str>, lines: usize) -> String {
    let head = format!("diff --git a/{path} b/{path}\nnew file mode 100644\n");
    let Some(text) = text else {
        return format!("{head}Binary files /dev/null and b/{path} differ\n");
    };
    if text.is_empty() {
        return head;
    }
    let mut diff = format!("{head}--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{lines} @@\n");
    text.split_inclusive('\n').for_each(|line| diff.extend(["+", line]));
    if !text.ends_with('\n') {
        diff.push_str("\n\\ No newline at end of file\n");
    }
    diff
}

/// Returns a file that is neither large nor anything but text.
fn text(path: &Path) -> Option<String> {
    let bytes = regular(path, NEW_FILE_BYTES + 1)?;
    let is_small = bytes.len() as u64 <= NEW_FILE_BYTES;
    String::from_utf8(bytes).ok().filter(|text| is_small && !text.contains('\0'))
}
