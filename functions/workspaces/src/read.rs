//! `GET /v1/workspaces/{workspace}`

use chat::{
    port::{Person, ReadWorkspaces},
    workspace::WorkspaceView,
};
use edge::{Rejection, Reply, Request};

use crate::change::owned;

pub(crate) async fn run<P: ReadWorkspaces>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let workspace = owned(ports, request.workspace_id()?, person).await?;
    Ok(Reply::json(200, &WorkspaceView::from(&workspace)))
}
