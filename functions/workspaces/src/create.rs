//! `POST /v1/workspaces`

use std::collections::BTreeMap;

use chat::{
    id::WorkspaceId,
    port::{Clock, Person, SendMachines},
    workspace::{Wish, Workspace, WorkspaceView, WrongParameter, WrongWish},
};
use edge::{Rejection, Reply, Request};
use serde::Deserialize;

use crate::{
    App, WorkspacePorts,
    make::{Made, make, wrong_name},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    template_id: String,
    name: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

pub(crate) async fn run<P: WorkspacePorts, M: SendMachines, K: Clock>(
    app: &App<P, M, K>,
    person: Person,
    request: &Request,
) -> Result<Reply, Rejection> {
    let body: Body = request.json()?;
    let wanted = wanted(app, person, body)?;
    match make(app, person, request, &wanted).await? {
        Made::New(made) => {
            app.machines.provision(made.id).await?;
            Ok(Reply::json(201, &WorkspaceView::from(&*made)))
        }
        Made::Before(reply) => {
            look_again(app, &reply).await?;
            Ok(reply)
        }
    }
}

fn wanted<P, M, K: Clock>(app: &App<P, M, K>, person: Person, body: Body) -> Result<Workspace, Rejection> {
    let Body { template_id, name, parameters } = body;
    let wish = Wish { template_id, name, parameters };
    let id = WorkspaceId(app.clock.new_id());
    wish.granted(&app.templates, id, person, app.clock.now()).map_err(|wrong| match wrong {
        WrongWish::NoTemplate(_) => Rejection::field("template_id", "there is no such template"),
        WrongWish::Parameter(wrong) => wrong_parameter(&wrong),
        WrongWish::Name(wrong) => wrong_name(wrong),
    })
}

fn wrong_parameter(wrong: &WrongParameter) -> Rejection {
    let name = match wrong {
        WrongParameter::Unknown(name) | WrongParameter::Missing(name) | WrongParameter::TooLong(name) => name,
        WrongParameter::NoOption { name, .. } => name,
    };
    Rejection::field(format!("parameters.{name}"), wrong.to_string())
}

/// The first request may have ended before it asked for the machine.
async fn look_again<P, M: SendMachines, K>(app: &App<P, M, K>, reply: &Reply) -> Result<(), Rejection> {
    let made = reply.body.as_deref().and_then(|body| serde_json::from_str::<WorkspaceView>(body).ok());
    if let Some(made) = made {
        app.machines.provision(made.id).await?;
    }
    Ok(())
}
