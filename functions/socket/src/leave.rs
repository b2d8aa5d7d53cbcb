//! An agent's socket is closed.

use chat::{
    id::ConnectionId,
    port::{Agent, Clock, KeepWorkspaces, ReadWorkspaces},
    workspace::Workspace,
};

/// Notes that a workspace has no agent now, unless another socket is its agent's by now.
pub(crate) async fn leave<P: ReadWorkspaces + KeepWorkspaces + Clock>(
    ports: &P,
    agent: Agent,
    connection: &ConnectionId,
) {
    let left = turn::machine::update(ports, agent.workspace_id, |mut workspace: Workspace| {
        workspace.agent = workspace.agent.filter(|present| present.connection != *connection);
        Some(workspace)
    });
    if let Err(error) = left.await {
        tracing::warn!(workspace_id = %agent.workspace_id, %error, "an agent that left is not noted");
    }
}
