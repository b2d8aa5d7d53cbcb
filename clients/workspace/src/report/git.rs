//! The state of a working tree, as `git` tells it.

mod command;

use std::path::{Path, PathBuf};

use chat::{agent::GitState, limit::DIFF_BYTES};

use self::command::Git;
use crate::{folder::regular, refusal::blocking};

/// Bytes of a new file that is told whole.
const NEW_FILE_BYTES: u64 = 64 * 1024;

/// Returns the state of the tree that a folder is in; none where there is none, or no `git`.
pub(super) async fn state(folder: &Path) -> Option<GitState> {
    let git = Git::quiet(folder).await?;
    git.line(&["rev-parse", "--show-toplevel"]).await?;
    let branch = git.line(&["symbolic-ref", "--short", "-q", "HEAD"]).await.unwrap_or_default();
    let remote = git.line(&["remote", "get-url", "origin"]).await.unwrap_or_default();
    let base = base(&git).await;
    let mut diff = match &base {
        Some(base) => diff(&git, base).await,
        None => String::new(),
    };
    let truncated = diff.len() > DIFF_BYTES;
    diff.truncate(diff.floor_char_boundary(DIFF_BYTES));
    Some(GitState { branch, remote: without_credentials(&remote), diff, truncated })
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
async fn diff(git: &Git<'_>, base: &str) -> String {
    let args =
        ["diff", "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=dirty", base, "--"];
    let mut diff = git.run(&args, DIFF_BYTES + 1).await.unwrap_or_default();
    let new = ["ls-files", "--others", "--exclude-standard", "-z", "--full-name", ":/"];
    let new = git.run(&new, DIFF_BYTES).await.unwrap_or_default();
    let Some(top) = git.line(&["rev-parse", "--show-toplevel"]).await else { return diff };
    let room = (DIFF_BYTES + 1).saturating_sub(diff.len());
    let added = blocking(move || Ok(additions(&PathBuf::from(top), &new, room))).await;
    diff.push_str(&added.unwrap_or_default());
    diff
}

/// Returns new files up to a length, as git would tell them.
fn additions(top: &Path, paths: &str, room: usize) -> String {
    let mut added = String::new();
    for path in paths.split_terminator('\0') {
        if added.len() >= room {
            break;
        }
        added.push_str(&addition(top, path));
    }
    added
}

/// Returns a file that git does not know yet as git would tell it.
fn addition(top: &Path, path: &str) -> String {
    let head = format!("diff --git a/{path} b/{path}\nnew file mode 100644\n");
    let Some(text) = text(&top.join(path)) else {
        return format!("{head}Binary files /dev/null and b/{path} differ\n");
    };
    if text.is_empty() {
        return head;
    }
    let lines = text.split_inclusive('\n');
    let mut diff = format!("{head}--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{} @@\n", lines.clone().count());
    lines.for_each(|line| diff.extend(["+", line]));
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

/// Returns an address without the name and password in it.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let bare = host.rsplit_once('@').map_or(host, |(_, bare)| bare);
    let slash = if rest.contains('/') { "/" } else { "" };
    format!("{scheme}://{bare}{slash}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_without_credentials() {
        let check = |url, expect: &str| assert_eq!(without_credentials(url), expect);
        check("https://me:secret@host/a/b.git", "https://host/a/b.git");
        check("https://token@host", "https://host");
        check("https://p@ss:w@host/x@y", "https://host/x@y");
        check("https://host/a", "https://host/a");
        check("git@host:a/b.git", "git@host:a/b.git");
        check("/srv/a.git", "/srv/a.git");
    }
}
