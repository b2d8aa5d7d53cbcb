//! `DELETE /v1/workspaces/{workspace}`

use chat::{
    port::{Clock, Person, SendMachines},
    workspace::{Wanted, Workspace},
};
use edge::{Rejection, Reply, Request};

use crate::{App, WorkspacePorts, change::change};

pub(crate) async fn run<P: WorkspacePorts, M: SendMachines, K: Clock>(
    app: &App<P, M, K>,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    request.no_body()?;
    let id = request.workspace_id()?;
    let gone = |workspace: &mut Workspace| {
        workspace.wanted = Wanted::Gone;
        Ok(())
    };
    change(app, id, person, gone).await?;
    app.ports.revoke(id).await?;
    Ok(Reply::empty())
}
