//! What a chat says of its working tree, under short names.

use chat::{
    diff::{DiffStatus, NotedDiff, PullState},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// What is noted. Absent fields have their default.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Diff {
    #[serde(rename = "e")]
    edition: u64,
    /// Lines that came, lines that went, files.
    #[serde(rename = "n")]
    numbers: (u64, u64, u64),
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    head_branch: Option<String>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pull: Option<Pull>,
    #[serde(rename = "r")]
    refreshed_at_ms: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Pull {
    #[serde(rename = "u")]
    url: String,
    #[serde(rename = "s")]
    state: PullState,
    #[serde(rename = "t", default)]
    title: String,
    #[serde(rename = "i")]
    number: u64,
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    base_branch: Option<String>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    author_login: Option<String>,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    commits: Option<u64>,
    /// Draft, changes requested, approved; by how many.
    #[serde(rename = "v")]
    verdict: (bool, bool, bool, u64),
}

impl From<&NotedDiff> for Diff {
    fn from(noted: &NotedDiff) -> Self {
        let status = &noted.status;
        let pull = match (&status.url, status.pull_request_state, status.pr_number) {
            (Some(url), Some(state), Some(number)) => Some(Pull {
                url: url.clone(),
                state,
                title: status.pull_request_title.clone(),
                number,
                base_branch: status.base_branch.clone(),
                author_login: status.author_login.clone(),
                commits: status.commits,
                verdict: (
                    status.pull_request_draft,
                    status.changes_requested,
                    status.approved,
                    status.reviewer_count,
                ),
            }),
            (_, _, _) => None,
        };
        Self {
            edition: noted.edition,
            numbers: (status.additions, status.deletions, status.changed_files),
            head_branch: status.head_branch.clone(),
            pull,
            refreshed_at_ms: status.refreshed_at.0,
        }
    }
}

impl From<Diff> for NotedDiff {
    fn from(diff: Diff) -> Self {
        let (additions, deletions, changed_files) = diff.numbers;
        let tree = DiffStatus {
            additions,
            deletions,
            changed_files,
            head_branch: diff.head_branch,
            refreshed_at: Timestamp(diff.refreshed_at_ms),
            ..DiffStatus::default()
        };
        let status = match diff.pull {
            None => tree,
            Some(pull) => DiffStatus {
                url: Some(pull.url),
                pull_request_state: Some(pull.state),
                pull_request_title: pull.title,
                pull_request_draft: pull.verdict.0,
                pr_number: Some(pull.number),
                changes_requested: pull.verdict.1,
                approved: pull.verdict.2,
                reviewer_count: pull.verdict.3,
                commits: pull.commits,
                author_login: pull.author_login,
                base_branch: pull.base_branch,
                ..tree
            },
        };
        Self { edition: diff.edition, status }
    }
}
