#![doc = include_str!("../README.md")]

mod change;
mod create;
mod delete;
mod enroll;
mod list;
mod make;
mod name;
mod read;
mod start;
mod stop;
mod templates;

use std::sync::Arc;

use chat::{
    port::{
        Clock, EnrolAgents, KeepWorkspaces, ListWorkspaces, MakeWorkspaces, ReadReceipts, ReadWorkspaces,
        SendMachines,
    },
    workspace::Template,
};
use edge::{Config, Function, Rejection, Reply, Request};

/// What the function needs of the directory.
pub trait WorkspacePorts:
    ReadWorkspaces + KeepWorkspaces + MakeWorkspaces + ListWorkspaces + EnrolAgents + ReadReceipts
{
}

impl<P> WorkspacePorts for P where
    P: ReadWorkspaces + KeepWorkspaces + MakeWorkspaces + ListWorkspaces + EnrolAgents + ReadReceipts
{
}

/// What the function holds; built once.
#[derive(Clone, Debug)]
pub struct App<P, M, K> {
    /// The directory.
    pub ports: P,
    /// Who is asked to look at machines.
    pub machines: M,
    /// For times and new ids.
    pub clock: K,
    /// What workspaces are made from.
    pub templates: Vec<Template>,
}

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let Config { tables, machines_queue_url, templates, sdk, clock, .. } = config;
    serve(App {
        ports: store::Directory::connect(&sdk, &tables.directory, clock.clone()),
        machines: bus::Machines::connect(&sdk, machines_queue_url.unwrap_or_default()),
        clock,
        templates,
    })
}

/// Makes the function of what it holds.
pub fn serve<P, M, K>(app: App<P, M, K>) -> Function
where
    P: WorkspacePorts + 'static,
    M: SendMachines + 'static,
    K: Clock + 'static,
{
    let app = Arc::new(app);
    edge::serve::http("workspaces", move |request| {
        let app = Arc::clone(&app);
        async move { route(&app, &request).await }
    })
}

async fn route<P: WorkspacePorts, M: SendMachines, K: Clock>(
    app: &App<P, M, K>,
    request: &Request,
) -> Result<Reply, Rejection> {
    let person = request.person()?;
    match request.route.as_str() {
        "GET /v1/templates" => templates::run(&app.templates, request),
        "GET /v1/workspaces" => list::run(&app.ports, person, request).await,
        "POST /v1/workspaces" => create::run(app, person, request).await,
        "POST /v1/workspaces/enroll" => enroll::run(app, person, request).await,
        "GET /v1/workspaces/{workspace}" => read::run(&app.ports, person, request).await,
        "DELETE /v1/workspaces/{workspace}" => delete::run(app, person, request).await,
        "POST /v1/workspaces/{workspace}/start" => start::run(app, person, request).await,
        "POST /v1/workspaces/{workspace}/stop" => stop::run(app, person, request).await,
        _ => Err(Rejection::NotFound("route")),
    }
}
