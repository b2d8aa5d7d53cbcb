//! What GitHub says, as far as it is read.

use chat::diff::{PullRequest, PullState};
use serde::Deserialize;

use crate::review::Verdict;

/// Longest title, name and address that are kept.
const TEXT_CHARS: usize = 300;

/// A pull request in a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Listed {
    pub(crate) number: u64,
    pub(crate) state: String,
}

/// A pull request by itself.
#[derive(Debug, Deserialize)]
pub(crate) struct Pull {
    number: u64,
    html_url: String,
    state: String,
    title: String,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    merged: bool,
    user: Option<User>,
    base: Branch,
    head: Branch,
    #[serde(default)]
    additions: u64,
    #[serde(default)]
    deletions: u64,
    #[serde(default)]
    changed_files: u64,
    #[serde(default)]
    commits: u64,
}

/// A person. Whose account is gone is none.
#[derive(Debug, Deserialize)]
pub(crate) struct User {
    pub(crate) login: String,
    #[serde(default)]
    avatar_url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Branch {
    #[serde(rename = "ref")]
    name: String,
}

/// What somebody said of a pull request.
#[derive(Debug, Deserialize)]
pub(crate) struct Review {
    pub(crate) user: Option<User>,
    pub(crate) state: String,
}

impl Listed {
    pub(crate) fn is_open(&self) -> bool {
        self.state == "open"
    }
}

impl Pull {
    pub(crate) fn with(self, verdict: Verdict) -> PullRequest {
        let state = match (self.merged, self.state.as_str()) {
            (true, _) => PullState::Merged,
            (false, "open") => PullState::Open,
            (false, _) => PullState::Closed,
        };
        let (login, avatar) = self.user.map_or((None, None), |user| (Some(user.login), user.avatar_url));
        PullRequest {
            url: self.html_url,
            number: self.number,
            state,
            title: short(&self.title),
            draft: self.draft,
            author_login: login.as_deref().map(short),
            author_avatar_url: avatar.as_deref().map(short),
            base_branch: short(&self.base.name),
            head_branch: short(&self.head.name),
            additions: self.additions,
            deletions: self.deletions,
            changed_files: self.changed_files,
            commits: self.commits,
            approved: verdict.approved,
            changes_requested: verdict.changes_requested,
            reviewer_count: verdict.reviewers,
        }
    }

    /// Returns whether people can follow its address.
    pub(crate) fn is_at_a_page(&self) -> bool {
        let at = |scheme: &str| self.html_url.starts_with(scheme);
        (at("https://") || at("http://")) && self.html_url.len() <= TEXT_CHARS
    }
}

fn short(text: &str) -> String {
    text.chars().take(TEXT_CHARS).collect()
}
