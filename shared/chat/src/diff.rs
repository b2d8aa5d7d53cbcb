//! What changed in a workspace's working tree, and the pull request that it became.

mod checkout;
mod remote;

pub use checkout::{Asked, Checkout, PULL_FRESH_MS};
pub use remote::{Repository, without_credentials};
use serde::{Deserialize, Serialize};

use crate::{agent::GitState, time::Timestamp};

/// How much of one file differs from the base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileChange {
    /// Its path in the tree.
    pub path: String,
    /// Lines that came; none of a file that is not text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additions: Option<u64>,
    /// Lines that went; none of a file that is not text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletions: Option<u64>,
}

/// A working tree without its diff.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// The branch that is checked out; empty where none is.
    pub branch: String,
    /// The address of `origin`, without credentials; empty where there is none.
    pub remote: String,
    /// The commit that `origin` has of the branch, as far as the tree knows; empty where it has none.
    #[serde(default)]
    pub pushed: String,
    /// Lines that came since the base.
    pub additions: u64,
    /// Lines that went since the base.
    pub deletions: u64,
    /// Files that differ from the base.
    pub changed_files: u64,
}

impl From<&GitState> for Tree {
    fn from(git: &GitState) -> Self {
        Self {
            branch: git.branch.clone(),
            remote: without_credentials(&git.remote),
            pushed: git.pushed.clone(),
            additions: git.additions,
            deletions: git.deletions,
            changed_files: git.changed_files,
        }
    }
}

/// What has become of a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullState {
    /// It can be merged, some time.
    Open,
    /// It was closed without that.
    Closed,
    /// It was merged.
    Merged,
}

/// A pull request, as whoever keeps it tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    /// Where people read it.
    pub url: String,
    /// Its number in the repository.
    pub number: u64,
    /// What has become of it.
    pub state: PullState,
    /// What it is called.
    pub title: String,
    /// Whether it is not yet to be reviewed.
    pub draft: bool,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_login: Option<String>,
    /// What that person looks like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_avatar_url: Option<String>,
    /// The branch that it goes into.
    pub base_branch: String,
    /// The branch that it comes from.
    pub head_branch: String,
    /// Lines that come.
    pub additions: u64,
    /// Lines that go.
    pub deletions: u64,
    /// Files that it changes.
    pub changed_files: u64,
    /// Its commits.
    pub commits: u64,
    /// Whether somebody approved it, and nobody wants it changed.
    pub approved: bool,
    /// Whether somebody's last word is that it must change.
    pub changes_requested: bool,
    /// People whose last word it is that it is good, or that it must change.
    pub reviewer_count: u64,
}

/// A chat's working tree in a few words, as lists show it: the pull request's numbers where there is one, the tree's otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "as in PullRequest")]
pub struct DiffStatus {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request_state: Option<PullState>,
    #[serde(default)]
    pub pull_request_title: String,
    #[serde(default)]
    pub pull_request_draft: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pr_number: Option<u64>,
    pub changes_requested: bool,
    pub approved: bool,
    pub reviewer_count: u64,
    pub additions: u64,
    pub deletions: u64,
    pub changed_files: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commits: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_login: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_branch: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_branch: Option<String>,
    /// When something of it was last seen to be new.
    pub refreshed_at: Timestamp,
}

/// Characters of a pull request's title that a chat carries along: its item is written all the time.
const TITLE_CHARS: usize = 80;

impl DiffStatus {
    /// Returns what there is to say of a tree at `now`.
    #[must_use]
    pub fn of(tree: &Tree, pull: Option<&PullRequest>, now: Timestamp) -> Self {
        let branch = Some(tree.branch.clone()).filter(|branch| !branch.is_empty());
        let Some(pull) = pull else {
            let Tree { additions, deletions, changed_files, .. } = *tree;
            return Self {
                additions,
                deletions,
                changed_files,
                head_branch: branch,
                refreshed_at: now,
                ..Self::default()
            };
        };
        Self {
            url: Some(pull.url.clone()),
            pull_request_state: Some(pull.state),
            pull_request_title: pull.title.chars().take(TITLE_CHARS).collect(),
            pull_request_draft: pull.draft,
            pr_number: Some(pull.number),
            changes_requested: pull.changes_requested,
            approved: pull.approved,
            reviewer_count: pull.reviewer_count,
            additions: pull.additions,
            deletions: pull.deletions,
            changed_files: pull.changed_files,
            commits: Some(pull.commits),
            author_login: pull.author_login.clone(),
            base_branch: Some(pull.base_branch.clone()),
            head_branch: Some(pull.head_branch.clone()),
            refreshed_at: now,
        }
    }

    /// Returns whether the other says the same, whenever that was seen.
    #[must_use]
    pub fn says(&self, other: &Self) -> bool {
        *self == Self { refreshed_at: self.refreshed_at, ..other.clone() }
    }
}

/// What a chat says of its working tree, and after how many looks at that tree: the newest look is the one that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotedDiff {
    /// The edition of the [`Checkout`] that it is of.
    pub edition: u64,
    /// What it says.
    pub status: DiffStatus,
}
