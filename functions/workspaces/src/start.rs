//! `POST /v1/workspaces/{workspace}/start`

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
    let now = app.clock.now();
    let started = change(app, request.workspace_id()?, person, |workspace: &mut Workspace| {
        if workspace.template_id.is_none() {
            return Err(WorkspaceRefusal::OwnMachine.into());
        }
        if workspace.wanted == Wanted::Gone {
            return Err(Rejection::NotFound("workspace"));
        }
        let is_failed = workspace.phase == Phase::Failed;
        if workspace.wanted != Wanted::Running || is_failed {
            workspace.wanted = Wanted::Running;
            // Else it would be idle at once.
            workspace.last_used_at = now;
        }
        if is_failed {
            (workspace.phase, workspace.failure) = (Phase::Pending, None);
        }
        Ok(())
    })
    .await?;
    Ok(Reply::json(202, &WorkspaceView::from(&started)))
}
