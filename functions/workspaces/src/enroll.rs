//! `POST /v1/workspaces/enroll`
//!
//! The token is a secret that is kept only as a hash, so that it cannot be answered again: the same `Idempotency-Key` is
//! answered a new one, for the same workspace.

use chat::{
    id::WorkspaceId,
    limit::ENROLMENT_MS,
    port::{Agent, Clock, Person},
    time::Timestamp,
    workspace::{Workspace, WorkspaceView, named},
};
use edge::{Rejection, Reply, Request, Secret};
use serde::{Deserialize, Serialize};

use crate::{
    App, WorkspacePorts,
    change::owned,
    make::{Made, make, wrong_name},
};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: Option<String>,
}

#[derive(Serialize)]
struct Enrolment<'a> {
    workspace_id: WorkspaceId,
    token: &'a str,
    expires_at: Timestamp,
}

pub(crate) async fn run<P: WorkspacePorts, M: Sync, K: Clock>(
    app: &App<P, M, K>,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let Body { name } = request.json_or_default()?;
    let name = named(name.as_deref(), "My machine").map_err(wrong_name)?;
    let id = WorkspaceId(app.clock.new_id());
    let wanted = Workspace::begun(id, person, name, app.clock.now());
    match make(app, person, request, &wanted).await? {
        Made::New(made) => enrolment(app, Agent { workspace_id: made.id, person }).await,
        Made::Before(reply) => {
            let workspace_id = made_before(&reply)?;
            owned(&app.ports, workspace_id, person).await?;
            let reply = enrolment(app, Agent { workspace_id, person }).await?;
            Ok(reply.with_header("idempotent-replay", "true"))
        }
    }
}

async fn enrolment<P: WorkspacePorts, M, K: Clock>(
    app: &App<P, M, K>,
    agent: Agent,
) -> Result<Reply, Rejection> {
    let token = Secret::random("qse_").map_err(|error| Rejection::Internal(error.to_string()))?;
    let expires_at = app.clock.now().plus_ms(ENROLMENT_MS);
    app.ports.put_enrolment(&token.hash(), agent, expires_at).await?;
    let workspace_id = agent.workspace_id;
    Ok(Reply::json(201, &Enrolment { workspace_id, token: token.reveal(), expires_at }))
}

fn made_before(reply: &Reply) -> Result<WorkspaceId, Rejection> {
    let made = reply.body.as_deref().and_then(|body| serde_json::from_str::<WorkspaceView>(body).ok());
    made.map(|made| made.id).ok_or_else(|| Rejection::Internal("a receipt names no workspace".into()))
}
