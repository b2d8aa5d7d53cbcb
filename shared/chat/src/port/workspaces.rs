//! Where machines are known, and how they are asked for.

use super::{CommitError, Unavailable};
use crate::{
    agent::Report,
    id::{ChatId, WorkspaceId},
    time::Timestamp,
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

/// Remembers which chats have calls out on which workspace.
pub trait BindChats: Send + Sync {
    /// Remembers, until then, that a chat works on a workspace.
    fn bind(
        &self,
        id: WorkspaceId,
        chat_id: ChatId,
        until: Timestamp,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Returns the chats that may have calls out there, at most [`crate::limit::BOUND_CHATS`].
    fn bound(&self, id: WorkspaceId) -> impl Future<Output = Result<Vec<ChatId>, Unavailable>> + Send;
}

/// Asks for machines to be brought to what their workspace is wanted to be.
pub trait SendMachines: Send + Sync {
    /// Has somebody look at a workspace, once or more often.
    fn provision(&self, id: WorkspaceId) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
