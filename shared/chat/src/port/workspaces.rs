//! Where machines are known, and how they are asked for.

use super::{CommitError, Kept, Person, Receipt, Unavailable};
use crate::{
    agent::{CallToken, Report},
    diff::Checkout,
    id::{ChatId, UserId, WorkspaceId},
    time::Timestamp,
    wake::PullWake,
    workspace::Workspace,
};

/// Reads workspaces, strongly consistent.
pub trait ReadWorkspaces: Send + Sync {
    /// Returns a workspace, also one that is gone and whose item is still there.
    fn workspace(
        &self,
        id: WorkspaceId,
    ) -> impl Future<Output = Result<Option<Workspace>, Unavailable>> + Send;
    /// Returns what its agent last reported.
    fn report(&self, id: WorkspaceId) -> impl Future<Output = Result<Option<Report>, Unavailable>> + Send;
}

/// Writes workspaces.
pub trait KeepWorkspaces: Send + Sync {
    /// Writes a workspace whose [`Workspace::edition`] is one above what is stored, 1 for a new one.
    ///
    /// # Errors
    /// `Conflict`: it has moved on, or exists already.
    fn put_workspace(&self, workspace: &Workspace) -> impl Future<Output = Result<(), CommitError>> + Send;
}

/// Makes workspaces on request.
pub trait MakeWorkspaces: Send + Sync {
    /// Writes a new workspace and the receipt of the request that made it, both or neither.
    ///
    /// # Errors
    /// `Conflict`: the workspace or the receipt exists already.
    fn make_workspace(
        &self,
        workspace: &Workspace,
        receipt: Option<&Receipt>,
    ) -> impl Future<Output = Result<(), CommitError>> + Send;
}

/// Remembers which chats have calls out on which workspace.
pub trait BindChats: Send + Sync {
    /// Remembers, until then or longer if it was to be longer already, that a chat works on a workspace.
    fn bind(
        &self,
        id: WorkspaceId,
        chat_id: ChatId,
        until: Timestamp,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Returns the chats that may have calls out there, the oldest first; where there are more than
    /// [`crate::limit::BOUND_CHATS`], the newest of them.
    fn bound(&self, id: WorkspaceId) -> impl Future<Output = Result<Vec<ChatId>, Unavailable>> + Send;
}

/// Remembers which chats keep what a workspace says of how to work there.
pub trait PinChats: Send + Sync {
    /// Remembers it, until then.
    fn pin(
        &self,
        id: WorkspaceId,
        chat_id: ChatId,
        until: Timestamp,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Returns the chats that may, the newest first, at most [`crate::limit::PINNED_CHATS`].
    fn pinned(&self, id: WorkspaceId) -> impl Future<Output = Result<Vec<ChatId>, Unavailable>> + Send;
}

/// Asks for machines to be brought to what their workspace is wanted to be.
pub trait SendMachines: Send + Sync {
    /// Has somebody look at a workspace, once or more often.
    fn provision(&self, id: WorkspaceId) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Finds workspaces, strongly consistent.
pub trait ListWorkspaces: Send + Sync {
    /// Returns a page of a person's workspaces that are not to be gone, the newest first.
    fn workspaces(
        &self,
        query: &WorkspaceQuery,
    ) -> impl Future<Output = Result<WorkspacePage, Unavailable>> + Send;
}

/// Counts workspaces, strongly consistent.
pub trait CountWorkspaces: Send + Sync {
    /// Returns how many workspaces a person has that are not to be gone, up to [`crate::limit::WORKSPACES`].
    fn held(&self, owner_id: UserId) -> impl Future<Output = Result<usize, Unavailable>> + Send;
}

/// Which workspaces to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceQuery {
    /// Whose.
    pub owner_id: UserId,
    /// Where the last page ended, as [`WorkspacePage::next`] said.
    pub after: Option<String>,
    /// How many at most.
    pub limit: usize,
}

/// A page of workspaces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkspacePage {
    /// The workspaces.
    pub workspaces: Vec<Workspace>,
    /// Where this page ended; none after the last.
    pub next: Option<String>,
}

/// Finds the workspaces whose machines we bring up and down, and which shall be up or have not come down yet.
pub trait ListUp: Send + Sync {
    /// Returns some of them, in the order of their ids.
    fn up(
        &self,
        after: Option<WorkspaceId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<WorkspaceId>, Unavailable>> + Send;
}

/// Keeps what agents report.
pub trait KeepReports: Send + Sync {
    /// Keeps a report of a workspace's agent in place of the one before, unless that was seen later.
    fn put_report(
        &self,
        id: WorkspaceId,
        report: &Report,
        seen_at: Timestamp,
    ) -> impl Future<Output = Result<Kept, Unavailable>> + Send;
}

/// Forgets what is known of a workspace that is no more.
pub trait ForgetReports: Send + Sync {
    /// Removes its agent's last report and what was made of it, if there is any.
    fn forget_reports(&self, id: WorkspaceId) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Reads what is known of working trees, strongly consistent.
pub trait ReadCheckouts: Send + Sync {
    /// Returns what its agent last reported, and when it had seen that.
    fn reported(&self, id: WorkspaceId)
    -> impl Future<Output = Result<Option<Reported>, Unavailable>> + Send;
    /// Returns what else is known of a workspace's tree.
    fn checkout(&self, id: WorkspaceId)
    -> impl Future<Output = Result<Option<Checkout>, Unavailable>> + Send;
}

/// A report, and when the agent had seen it so.
#[derive(Clone, Debug, PartialEq)]
pub struct Reported {
    /// The report.
    pub report: Report,
    /// When; none of what was kept before that was asked.
    pub seen_at: Option<Timestamp>,
}

/// Writes what is known of working trees.
pub trait KeepCheckouts: Send + Sync {
    /// Writes a checkout whose [`Checkout::edition`] is one above what is stored, 1 for a new one.
    ///
    /// # Errors
    /// `Conflict`: it has moved on, or exists already.
    fn put_checkout(&self, checkout: &Checkout) -> impl Future<Output = Result<(), CommitError>> + Send;
}

/// Asks for working trees and their pull requests to be looked at.
pub trait SendPulls: Send + Sync {
    /// Has somebody look at a workspace's tree, once or more often, after `delay_ms`.
    fn look(&self, wake: &PullWake, delay_ms: u64) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// The agent of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Agent {
    /// Whose agent it is.
    pub workspace_id: WorkspaceId,
    /// Whose workspace that is.
    #[serde(flatten)]
    pub person: Person,
}

/// Says whose agent a secret belongs to. Secrets are looked up by their SHA-256, in lower-case hex.
pub trait ReadAgents: Send + Sync {
    /// Returns the agent of a bearer token.
    fn agent(&self, token_hash: &str) -> impl Future<Output = Result<Option<Agent>, Unavailable>> + Send;
}

/// Lets agents in. A workspace has one at a time: the newest token is the one that counts.
pub trait EnrolAgents: Send + Sync {
    /// Makes known, until `expires_at`, a secret that can be exchanged once for a token.
    fn put_enrolment(
        &self,
        enrolment_hash: &str,
        agent: Agent,
        expires_at: Timestamp,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Exchanges such a secret for a token that the agent made itself; again for the same token. None: unknown, expired, or
    /// used for another token.
    fn exchange(
        &self,
        enrolment_hash: &str,
        token_hash: &str,
    ) -> impl Future<Output = Result<Option<Agent>, Unavailable>> + Send;
    /// Makes a workspace's token count no more; there need not be one.
    fn revoke(&self, id: WorkspaceId) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Notes that calls have arrived where they are answered.
pub trait AcceptCalls: Send + Sync {
    /// Notes it of one pending call. One that is not pending any more stays as it is.
    fn accept(
        &self,
        token: &CallToken,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
