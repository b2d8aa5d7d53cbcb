//! The state of a working tree, as `git` tells it.

use std::{path::Path, process::Stdio};

use chat::{agent::GitState, limit::DIFF_BYTES};
use tokio::{io::AsyncReadExt as _, process::Command, time::timeout};

use crate::limit;

/// Bytes of a new file that is told whole.
const NEW_FILE_BYTES: u64 = 64 * 1024;
/// Bytes of an answer that is one line.
const LINE_BYTES: usize = 4_096;

/// Returns the state of the tree that a folder is in; none where there is none, or no `git`.
pub(super) async fn state(folder: &Path) -> Option<GitState> {
    line(folder, &["rev-parse", "--show-toplevel"]).await?;
    let branch = line(folder, &["symbolic-ref", "--short", "-q", "HEAD"]).await.unwrap_or_default();
    let remote = line(folder, &["remote", "get-url", "origin"]).await.unwrap_or_default();
    let base = base(folder).await;
    let mut diff = match &base {
        Some(base) => diff(folder, base).await,
        None => String::new(),
    };
    let truncated = diff.len() > DIFF_BYTES;
    diff.truncate(diff.floor_char_boundary(DIFF_BYTES));
    Some(GitState { branch, remote: without_credentials(&remote), diff, truncated })
}

/// Returns the commit that the branch began from, as far as that can be told; the last commit otherwise.
async fn base(folder: &Path) -> Option<String> {
    let default = line(folder, &["symbolic-ref", "--short", "-q", "refs/remotes/origin/HEAD"]).await;
    for branch in default.as_deref().into_iter().chain(["origin/main", "origin/master"]) {
        if let Some(base) = line(folder, &["merge-base", "HEAD", branch]).await {
            return Some(base);
        }
    }
    line(folder, &["rev-parse", "--verify", "-q", "HEAD"]).await
}

/// Tracked files against the base, and then new ones.
async fn diff(folder: &Path, base: &str) -> String {
    let args = ["diff", "--no-ext-diff", "--no-textconv", "--no-color", base, "--"];
    let mut diff = run(folder, &args, DIFF_BYTES + 1).await.unwrap_or_default();
    let new = ["ls-files", "--others", "--exclude-standard", "-z", "--full-name", ":/"];
    let new = run(folder, &new, DIFF_BYTES).await.unwrap_or_default();
    let Some(top) = line(folder, &["rev-parse", "--show-toplevel"]).await else { return diff };
    for path in new.split_terminator('\0') {
        if diff.len() > DIFF_BYTES {
            break;
        }
        diff.push_str(&addition(Path::new(&top), path));
    }
    diff
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
    let found = path.symlink_metadata().ok()?;
    let is_small = found.is_file() && found.len() <= NEW_FILE_BYTES;
    let text = String::from_utf8(is_small.then(|| std::fs::read(path).ok())??).ok()?;
    (!text.contains('\0')).then_some(text)
}

async fn line(folder: &Path, args: &[&str]) -> Option<String> {
    let text = run(folder, args, LINE_BYTES).await?;
    let line = text.trim();
    (!line.is_empty() && line.len() < LINE_BYTES).then(|| line.to_owned())
}

/// Runs git where nothing of the repository may run; returns its output up to a length, none where it failed.
async fn run(folder: &Path, args: &[&str], most: usize) -> Option<String> {
    let mut command = Command::new("git");
    command.args([
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "core.quotePath=false",
    ]);
    command.args(args).current_dir(folder).kill_on_drop(true);
    command.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let work = async {
        let mut child = command.spawn().ok()?;
        let mut bytes = Vec::new();
        let mut output = child.stdout.take()?.take(most as u64);
        output.read_to_end(&mut bytes).await.ok()?;
        let is_cut = bytes.len() >= most;
        if is_cut {
            child.start_kill().ok()?;
        }
        let status = child.wait().await.ok()?;
        (is_cut || status.success()).then(|| String::from_utf8_lossy(&bytes).into_owned())
    };
    timeout(limit::GIT, work).await.ok()?
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
