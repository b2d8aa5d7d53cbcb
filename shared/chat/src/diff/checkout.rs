//! What is known of a workspace's working tree beside what its agent reports, and when it is looked at again.

use serde::{Deserialize, Serialize};

use super::{PullRequest, PullState, Repository, Tree};
use crate::{
    id::{ChatId, WorkspaceId},
    time::Timestamp,
};

/// How long what is known of a pull request is new enough.
pub const PULL_FRESH_MS: u64 = 120_000;
/// How long after a push a pull request may be made any moment.
const PUSHED_MS: u64 = 120_000;
/// How often it is looked for then.
const EXPECTED_MS: u64 = 15_000;
/// How often otherwise.
const UNEXPECTED_MS: u64 = 5 * 60_000;
/// After which time it is asked again whether a repository may be read.
const HIDDEN_MS: u64 = 10 * 60_000;
/// How long after the last sign of interest a pull request is looked after.
const INTEREST_MS: u64 = 3_600_000;
/// How long one look may take; after that it is nobody's.
const LOOK_MS: u64 = 60_000;
/// Chats that are told of one tree.
const CHATS: usize = 32;

/// What is known of a workspace's working tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkout {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// Raised by one by each write.
    pub edition: u64,
    /// The tree, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<Tree>,
    /// The pull request of its branch, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull: Option<PullRequest>,
    /// The chats that have worked on it, the latest last.
    #[serde(default)]
    pub chats: Vec<ChatId>,
    /// When its branch or what `origin` has of it last changed.
    pub pushed_at: Timestamp,
    /// When somebody last was interested: its agent reported, or a person read the diff. Coarse.
    pub wanted_at: Timestamp,
    /// When the pull request was last asked for with success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refreshed_at: Option<Timestamp>,
    /// When it is to be asked for; none where nobody can be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_at: Option<Timestamp>,
    /// What whoever keeps pull requests called its last answer, so that it need not repeat it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// What came of asking for a pull request.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// There is one.
    Found(Box<PullRequest>),
    /// It is as it was.
    Same,
    /// There is none.
    None,
    /// The repository is not there, or not for us.
    Hidden,
    /// Not now; for that long, where it is said.
    Failed {
        /// How long to wait at least.
        retry_after_ms: Option<u64>,
    },
}

impl Checkout {
    /// Returns what is known of a tree that nobody has looked at.
    #[must_use]
    pub const fn begun(workspace_id: WorkspaceId) -> Self {
        Self {
            workspace_id,
            edition: 0,
            tree: None,
            pull: None,
            chats: Vec::new(),
            pushed_at: Timestamp(0),
            wanted_at: Timestamp(0),
            refreshed_at: None,
            look_at: None,
            etag: None,
        }
    }

    /// Takes what the agent reports. What is known of another branch's pull request says nothing any more, and after a push
    /// it is asked for at once.
    pub fn take(&mut self, tree: Option<Tree>, now: Timestamp) {
        let branch =
            |tree: &Option<Tree>| tree.as_ref().map(|tree| (tree.branch.clone(), tree.remote.clone()));
        let pushed = |tree: &Option<Tree>| tree.as_ref().map(|tree| tree.pushed.clone());
        let moved = branch(&self.tree) != branch(&tree);
        if moved {
            (self.pull, self.refreshed_at, self.etag) = (None, None, None);
        }
        if moved || pushed(&self.tree) != pushed(&tree) {
            self.pushed_at = now;
            self.look_at = Some(now);
        }
        self.tree = tree;
    }

    /// Remembers that these chats work on it; the latest are kept.
    pub fn join(&mut self, chats: &[ChatId]) {
        self.chats.extend(chats.iter().filter(|id| !self.chats.contains(id)).copied().collect::<Vec<_>>());
        let surplus = self.chats.len().saturating_sub(CHATS);
        self.chats.drain(..surplus);
    }

    /// Returns the repository and branch whose pull request there may be.
    #[must_use]
    pub fn source(&self) -> Option<(Repository, &str)> {
        let tree = self.tree.as_ref().filter(|tree| !tree.branch.is_empty())?;
        Some((Repository::of(&tree.remote)?, &tree.branch))
    }

    /// Returns whether it is time to ask.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.look_at.is_some_and(|at| at <= now)
    }

    /// Says that somebody asks now: nobody else has to, unless nothing comes of it.
    pub const fn begin(&mut self, now: Timestamp) {
        self.look_at = Some(now.plus_ms(LOOK_MS));
    }

    /// Takes what came of it, and says when to ask next.
    pub fn end(&mut self, asked: Asked, now: Timestamp) {
        let is_new = now.since_ms(self.pushed_at) < PUSHED_MS;
        let unmade = if is_new { EXPECTED_MS } else { UNEXPECTED_MS };
        let wait_ms = match asked {
            Asked::Found(pull) => {
                (self.pull, self.refreshed_at) = (Some(*pull), Some(now));
                PULL_FRESH_MS
            }
            Asked::Same => {
                self.refreshed_at = Some(now);
                if self.pull.is_some() { PULL_FRESH_MS } else { unmade }
            }
            Asked::None => {
                (self.pull, self.refreshed_at) = (None, Some(now));
                unmade
            }
            Asked::Hidden => {
                (self.pull, self.refreshed_at) = (None, Some(now));
                HIDDEN_MS
            }
            Asked::Failed { retry_after_ms } => PULL_FRESH_MS.max(retry_after_ms.unwrap_or(0)),
        };
        self.look_at = Some(now.plus_ms(wait_ms));
    }

    /// Returns in how long it is looked at again without anybody asking: while somebody was interested in it of late, and
    /// something may still become of it.
    #[must_use]
    pub fn next_look_ms(&self, now: Timestamp) -> Option<u64> {
        let is_over = self.pull.as_ref().is_some_and(|pull| pull.state != PullState::Open);
        let is_wanted = now.since_ms(self.wanted_at) < INTEREST_MS && !is_over;
        self.look_at.filter(|_| is_wanted).map(|at| at.since_ms(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn tree(branch: &str, pushed: &str) -> Option<Tree> {
        let remote = "https://github.com/o/n".to_owned();
        Some(Tree { branch: branch.into(), pushed: pushed.into(), remote, ..Tree::default() })
    }

    fn pull(state: PullState) -> Box<PullRequest> {
        Box::new(PullRequest {
            url: "u".into(),
            number: 1,
            state,
            title: "t".into(),
            draft: false,
            author_login: None,
            author_avatar_url: None,
            base_branch: "main".into(),
            head_branch: "work".into(),
            additions: 1,
            deletions: 1,
            changed_files: 1,
            commits: 1,
            approved: false,
            changes_requested: false,
            reviewer_count: 0,
        })
    }

    fn looked() -> Checkout {
        let mut checkout = Checkout::begun(WorkspaceId(uuid::Uuid::nil()));
        checkout.wanted_at = NOW;
        checkout.take(tree("work", "a"), NOW);
        checkout.end(Asked::Found(pull(PullState::Open)), NOW);
        checkout
    }

    #[test]
    fn another_branch_has_another_pull_request() {
        let mut checkout = looked();
        checkout.take(tree("work", "a"), NOW.plus_ms(1));
        assert!(checkout.pull.is_some() && !checkout.is_due(NOW.plus_ms(1)), "nothing is new");
        checkout.take(tree("work", "b"), NOW.plus_ms(1));
        assert!(checkout.pull.is_some() && checkout.is_due(NOW.plus_ms(1)), "a push is a reason to look");
        checkout.take(tree("other", "b"), NOW.plus_ms(2));
        assert!(checkout.pull.is_none() && checkout.is_due(NOW.plus_ms(2)));
    }

    #[test]
    fn one_look_is_enough_for_as_long_as_it_says() {
        let after = |asked, later_ms| {
            let mut checkout = looked();
            let now = NOW.plus_ms(later_ms);
            checkout.pull = None;
            checkout.end(asked, now);
            checkout.look_at.unwrap().since_ms(now)
        };
        assert_eq!(after(Asked::Found(pull(PullState::Open)), 0), PULL_FRESH_MS);
        assert_eq!(after(Asked::None, 0), EXPECTED_MS);
        assert_eq!(after(Asked::None, PUSHED_MS), UNEXPECTED_MS);
        assert_eq!(after(Asked::Same, PUSHED_MS), UNEXPECTED_MS);
        assert_eq!(after(Asked::Hidden, 0), HIDDEN_MS);
        assert_eq!(after(Asked::Failed { retry_after_ms: None }, 0), PULL_FRESH_MS);
        assert_eq!(after(Asked::Failed { retry_after_ms: Some(900_000) }, 0), 900_000);
    }

    #[test]
    fn nobody_looks_after_what_is_over_or_what_nobody_wants_to_know() {
        let mut checkout = looked();
        assert_eq!(checkout.next_look_ms(NOW), Some(PULL_FRESH_MS));
        assert_eq!(checkout.next_look_ms(NOW.plus_ms(INTEREST_MS)), None);
        checkout.end(Asked::Found(pull(PullState::Merged)), NOW);
        assert_eq!(checkout.next_look_ms(NOW), None);
    }

    #[test]
    fn the_latest_chats_are_told() {
        let id = |number: usize| ChatId(uuid::Uuid::from_u128(number as u128));
        let mut checkout = looked();
        checkout.join(&(0..CHATS).map(id).collect::<Vec<_>>());
        checkout.join(&[id(5), id(CHATS)]);
        assert_eq!(
            (checkout.chats.len(), checkout.chats[0], checkout.chats[CHATS - 1]),
            (CHATS, id(1), id(CHATS))
        );
    }
}
