//! `GET /v1/workspaces`

use chat::{
    port::{ListWorkspaces, Person, WorkspacePage, WorkspaceQuery},
    workspace::WorkspaceView,
};
use edge::{Rejection, Reply, Request, page};
use serde::Serialize;

#[derive(Serialize)]
struct Listed {
    workspaces: Vec<WorkspaceView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

pub(crate) async fn run<P: ListWorkspaces>(
    ports: &P,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let list = format!("workspaces of {}", person.user_id);
    let (limit, after) = (page::limit(request)?, page::cursor(request, &list)?);
    let query = WorkspaceQuery { owner_id: person.user_id, after, limit };
    let WorkspacePage { workspaces, next } = ports.workspaces(&query).await?;
    let workspaces = workspaces.iter().map(WorkspaceView::from).collect();
    let next_cursor = next.map(|place| page::encode(&place, &list));
    Ok(Reply::json(200, &Listed { workspaces, next_cursor }))
}
