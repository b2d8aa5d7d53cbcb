//! What changes of one workspace share: whose it is, the write, and again where somebody else was quicker.

use chat::{
    id::WorkspaceId,
    port::{Clock, CommitError, KeepWorkspaces, Person, ReadWorkspaces, SendMachines},
    workspace::Workspace,
};
use edge::Rejection;

use crate::{App, WorkspacePorts};

/// How often a change is decided anew.
pub(crate) const ROUNDS: usize = 8;

/// Returns a workspace as it stands; one that is gone is there for nobody.
pub(crate) async fn owned<P: ReadWorkspaces>(
    ports: &P,
    id: WorkspaceId,
    person: Person,
) -> Result<Workspace, Rejection> {
    let found = ports.workspace(id).await?;
    let found = found.filter(|found| found.person == person && !found.is_gone());
    found.ok_or(Rejection::NotFound("workspace"))
}

/// Changes a workspace, and has somebody look at its machine: also where nothing is left to change, as an earlier request
/// may have ended between the two.
pub(crate) async fn change<P: WorkspacePorts, M: SendMachines, K: Clock>(
    app: &App<P, M, K>,
    id: WorkspaceId,
    person: Person,
    decide: impl Fn(&mut Workspace) -> Result<(), Rejection> + Send + Sync,
) -> Result<Workspace, Rejection> {
    let workspace = written(&app.ports, &app.clock, id, person, decide).await?;
    app.machines.provision(id).await?;
    Ok(workspace)
}

async fn written<P: ReadWorkspaces + KeepWorkspaces, K: Clock>(
    ports: &P,
    clock: &K,
    id: WorkspaceId,
    person: Person,
    decide: impl Fn(&mut Workspace) -> Result<(), Rejection> + Send + Sync,
) -> Result<Workspace, Rejection> {
    for _ in 0..ROUNDS {
        let found = owned(ports, id, person).await?;
        let mut workspace = found.clone();
        decide(&mut workspace)?;
        if workspace == found {
            return Ok(found);
        }
        workspace.edition += 1;
        workspace.updated_at = clock.now();
        match ports.put_workspace(&workspace).await {
            Ok(()) => return Ok(workspace),
            Err(CommitError::Conflict) => {}
            Err(CommitError::Unavailable(unavailable)) => return Err(unavailable.into()),
        }
    }
    Err(Rejection::Contended)
}
