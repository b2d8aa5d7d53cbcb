//! A workspace as clients see it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Phase, Wanted, Workspace};
use crate::{
    id::{OrgId, UserId, WorkspaceId},
    time::Timestamp,
};

/// What a workspace is, on its way to what it shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkspaceStatus {
    /// Nothing was done for it yet; an own machine has not been heard of.
    Pending,
    /// It comes up.
    Starting,
    /// It is up. Whether its agent is connected is said beside.
    Running,
    /// It goes down.
    Stopping,
    /// It is down.
    Stopped,
    /// It could not become what it shall be.
    Failed,
    /// It is being removed.
    Deleting,
}

/// A workspace as clients see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the protocol's table of a workspace's fields is their documentation")]
pub struct WorkspaceView {
    pub id: WorkspaceId,
    pub org_id: OrgId,
    pub owner_id: UserId,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    pub status: WorkspaceStatus,
    pub connected: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    pub last_used_at: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl From<&Workspace> for WorkspaceView {
    fn from(workspace: &Workspace) -> Self {
        let agent = workspace.agent.as_ref();
        Self {
            id: workspace.id,
            org_id: workspace.person.org_id,
            owner_id: workspace.person.user_id,
            name: workspace.name.clone(),
            template_id: workspace.template_id.clone(),
            parameters: workspace.parameters.clone(),
            status: workspace.status(),
            connected: agent.is_some(),
            os: agent.map(|agent| agent.os.clone()),
            folder: agent.map(|agent| agent.folder.clone()),
            failure: workspace.failure.clone(),
            last_used_at: workspace.last_used_at,
            created_at: workspace.created_at,
            updated_at: workspace.updated_at,
        }
    }
}

impl Workspace {
    /// Returns what it is, on its way to what it shall be.
    #[must_use]
    pub const fn status(&self) -> WorkspaceStatus {
        match (self.wanted, self.phase) {
            (Wanted::Gone, _) => WorkspaceStatus::Deleting,
            (Wanted::Running | Wanted::Stopped, Phase::Failed) => WorkspaceStatus::Failed,
            (Wanted::Running, Phase::Pending) => WorkspaceStatus::Pending,
            (Wanted::Running, Phase::Starting | Phase::Stopping | Phase::Stopped) => {
                WorkspaceStatus::Starting
            }
            (Wanted::Running, Phase::Running) => WorkspaceStatus::Running,
            (Wanted::Stopped, Phase::Stopped) => WorkspaceStatus::Stopped,
            (Wanted::Stopped, Phase::Pending | Phase::Starting | Phase::Running | Phase::Stopping) => {
                WorkspaceStatus::Stopping
            }
        }
    }
}
