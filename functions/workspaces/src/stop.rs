//! `POST /v1/workspaces/{workspace}/stop`

use chat::{
    port::{Clock, Person, SendMachines},
    workspace::{Phase, Wanted, Workspace, WorkspaceRefusal, WorkspaceView},
};
use edge::{Rejection, Reply, Request};

use crate::{App, WorkspacePorts, change::change};

pub(crate) async fn run<P: WorkspacePorts, M: SendMachines, K: Clock>(
    app: &App<P, M, K>,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    request.no_body()?;
    let stopped = change(app, request.workspace_id()?, person, |workspace: &mut Workspace| {
        match (&workspace.template_id, workspace.wanted) {
            (None, _) => Err(WorkspaceRefusal::OwnMachine.into()),
            (Some(_), Wanted::Gone) => Err(Rejection::NotFound("workspace")),
            (Some(_), Wanted::Running | Wanted::Stopped) => {
                workspace.wanted = Wanted::Stopped;
                // What failed is tried again.
                if workspace.phase == Phase::Failed {
                    (workspace.phase, workspace.failure) = (Phase::Stopping, None);
                }
                Ok(())
            }
        }
    })
    .await?;
    Ok(Reply::json(202, &WorkspaceView::from(&stopped)))
}
