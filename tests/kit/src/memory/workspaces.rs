//! Machines, and which chats have calls out on them.

use chat::{
    agent::Report,
    id::{ChatId, WorkspaceId},
    limit::BOUND_CHATS,
    port::{BindChats, CommitError, KeepWorkspaces, ReadWorkspaces, Unavailable},
    time::Timestamp,
    workspace::Workspace,
};

use super::{Memory, tables::expired};

impl Memory {
    /// Makes a workspace known as it is, whatever was known of it.
    pub fn seed_workspace(&self, workspace: Workspace) {
        self.lock().workspaces.insert(workspace.id, workspace);
    }

    /// Makes known what an agent reported.
    pub fn seed_report(&self, id: WorkspaceId, report: Report) {
        self.lock().reports.insert(id, report);
    }
}

impl ReadWorkspaces for Memory {
    async fn workspace(&self, id: WorkspaceId) -> Result<Option<Workspace>, Unavailable> {
        self.call("workspace", |tables, _| tables.workspaces.get(&id).cloned()).await
    }

    async fn report(&self, id: WorkspaceId) -> Result<Option<Report>, Unavailable> {
        self.call("report", |tables, _| tables.reports.get(&id).cloned()).await
    }
}

impl KeepWorkspaces for Memory {
    async fn put_workspace(&self, workspace: &Workspace) -> Result<(), CommitError> {
        self.call("put_workspace", |tables, _| {
            let known = tables.workspaces.get(&workspace.id).map_or(0, |known| known.edition);
            if known + 1 != workspace.edition {
                return Err(CommitError::Conflict);
            }
            tables.workspaces.insert(workspace.id, workspace.clone());
            Ok(())
        })
        .await?
    }
}

impl BindChats for Memory {
    async fn bind(&self, id: WorkspaceId, chat_id: ChatId, until: Timestamp) -> Result<(), Unavailable> {
        self.call("bind", |tables, _| {
            tables.bound.entry(id).or_default().insert(chat_id, until);
        })
        .await
    }

    async fn bound(&self, id: WorkspaceId) -> Result<Vec<ChatId>, Unavailable> {
        self.call("bound", |tables, now| {
            let all = tables.bound.get(&id).into_iter().flatten();
            let live = all.filter(|(_, until)| !expired(**until, now));
            live.take(BOUND_CHATS).map(|(chat_id, _)| *chat_id).collect()
        })
        .await
    }
}
