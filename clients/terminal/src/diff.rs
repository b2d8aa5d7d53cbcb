//! `diff`: what changed in a chat's workspace.

use std::process::ExitCode;

use chat::{
    diff::{DiffStatus, PullState},
    id::ChatId,
};
use serde_json::Value;

use crate::{
    admin::{Form, is, list, text},
    api::{Absence, Api},
    output::Output,
    stack::Finder,
};

/// Prints the branch, its pull request, and the diff.
///
/// # Errors
/// The stack refused, or is away.
pub async fn run(finder: Finder, chat: ChatId, form: Form, output: &mut Output) -> anyhow::Result<ExitCode> {
    finder.find()?;
    let api = Api { finder, absence: Absence::Fails };
    form.print(output, &api.at(&format!("/v1/chats/{chat}/diff")).await?, screen)?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the answer, as people read it: what is known of the tree, its files, and the diff as `git` tells it.
#[must_use]
pub fn screen(diff: &Value) -> String {
    let branch = text(diff, "branch");
    if branch.is_empty() && list(diff, "files").is_empty() {
        return "no working tree is known\n".to_owned();
    }
    let mut lines = vec![format!("{branch}  {}", text(diff, "remote_origin")).trim_end().to_owned()];
    lines.extend(diff.get("pull_request").map(pull));
    lines.push(counted(diff));
    lines.extend(
        list(diff, "files").iter().map(|file| format!("  {}  {}", changes(file), text(file, "path"))),
    );
    let cut = if is(diff, "truncated") { "\n(cut here: there is more)\n" } else { "" };
    format!("{}\n\n{}{cut}", lines.join("\n"), text(diff, "diff"))
}

/// Returns what `watch` says of a tree.
#[must_use]
pub fn summary(status: Option<&DiffStatus>) -> String {
    let Some(status) = status else { return "has no working tree any more".to_owned() };
    let DiffStatus { additions, deletions, changed_files, .. } = status;
    let counts = format!("+{additions} -{deletions} in {changed_files} files");
    let branch = status.head_branch.as_deref().unwrap_or_default();
    match (&status.url, status.pull_request_state) {
        (Some(url), Some(state)) => format!("{branch}  {counts}  {url} is {}", word(state)),
        (_, _) => format!("{branch}  {counts}"),
    }
}

const fn word(state: PullState) -> &'static str {
    match state {
        PullState::Open => "open",
        PullState::Closed => "closed",
        PullState::Merged => "merged",
    }
}

fn pull(pull: &Value) -> String {
    let verdict = match (is(pull, "changes_requested"), is(pull, "approved"), is(pull, "draft")) {
        (true, _, _) => ", changes requested",
        (false, true, _) => ", approved",
        (false, false, true) => ", a draft",
        (false, false, false) => "",
    };
    let [state, title, url] = [text(pull, "state"), text(pull, "title"), text(pull, "url")];
    format!("pull request {url} ({state}{verdict}): {title}")
}

fn counted(diff: &Value) -> String {
    format!("{} in {} files", changes(diff), diff["changed_files"])
}

fn changes(counts: &Value) -> String {
    match (counts["additions"].as_u64(), counts["deletions"].as_u64()) {
        (Some(additions), Some(deletions)) => format!("+{additions} -{deletions}"),
        (_, _) => "binary".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_tree_is_told_as_people_read_it() {
        let diff = json!({
            "branch": "work", "remote_origin": "https://github.com/ann/fence.git",
            "pull_request": {"url": "https://github.com/ann/fence/pull/7", "state": "open", "title": "Mend", "draft": false,
                "approved": true, "changes_requested": false},
            "additions": 2, "deletions": 1, "changed_files": 2, "truncated": true,
            "files": [{"path": "a.rs", "additions": 2, "deletions": 1}, {"path": "logo.png"}],
            "diff": "diff --git a/a.rs b/a.rs\n",
        });
        insta::assert_snapshot!(screen(&diff));
        assert_eq!(screen(&json!({"files": [], "diff": ""})), "no working tree is known\n");
    }

    #[test]
    fn watchers_read_one_line() {
        let tree = DiffStatus {
            additions: 2,
            changed_files: 1,
            head_branch: Some("work".into()),
            ..DiffStatus::default()
        };
        assert_eq!(summary(Some(&tree)), "work  +2 -0 in 1 files");
        let merged = DiffStatus {
            url: Some("https://github.com/ann/fence/pull/7".into()),
            pull_request_state: Some(PullState::Merged),
            ..tree
        };
        assert_eq!(
            summary(Some(&merged)),
            "work  +2 -0 in 1 files  https://github.com/ann/fence/pull/7 is merged"
        );
        assert_eq!(summary(None), "has no working tree any more");
    }
}
