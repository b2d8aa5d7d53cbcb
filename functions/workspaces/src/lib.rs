#![doc = include_str!("../README.md")]

mod change;
mod create;
mod delete;
mod diff;
mod enroll;
mod list;
mod make;
mod read;
mod start;
mod stop;
mod templates;

use std::sync::Arc;

use chat::{
    port::{
        Clock, CountWorkspaces, EnrolAgents, KeepWorkspaces, ListWorkspaces, MakeWorkspaces, ReadChats,
        ReadCheckouts, ReadReceipts, ReadWorkspaces, SendMachines, SendPulls,
    },
    workspace::Template,
};
use edge::{Config, Function, Rejection, Reply, Request};

/// What the function needs of the directory.
pub trait WorkspacePorts:
    ReadWorkspaces
    + KeepWorkspaces
    + MakeWorkspaces
    + ListWorkspaces
    + CountWorkspaces
    + EnrolAgents
    + ReadReceipts
    + ReadCheckouts
{
}

impl<P> WorkspacePorts for P where
    P: ReadWorkspaces
        + KeepWorkspaces
        + MakeWorkspaces
        + ListWorkspaces
        + CountWorkspaces
        + EnrolAgents
        + ReadReceipts
        + ReadCheckouts
{
}

/// What the function holds; built once.
#[derive(Clone, Debug)]
pub struct App<P, M, K> {
    /// The directory.
    pub ports: P,
    /// Who is asked to look at machines, and at working trees.
    pub machines: M,
    /// For times and new ids.
    pub clock: K,
    /// What workspaces are made from.
    pub templates: Vec<Template>,
}

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let Config { tables, machines_queue_url, pulls_queue_url, templates, sdk, clock, .. } = config;
    let machines = bus::Machines::connect(&sdk, machines_queue_url.unwrap_or_default());
    let pulls = bus::Pulls::connect(&sdk, pulls_queue_url.unwrap_or_default());
    let chats = store::Chats::connect(&sdk, &tables.chats, clock.clone());
    let ports = store::Directory::connect(&sdk, &tables.directory, clock.clone());
    // It wakes no chats.
    let machines = bus::Wakes::connect(&sdk, Vec::new()).with_machines(machines).with_pulls(pulls);
    serve(App { ports, machines, clock, templates }, chats)
}

/// Makes the function of what it holds, and of chats: whose they are and which workspace they have.
pub fn serve<P, M, K, C>(app: App<P, M, K>, chats: C) -> Function
where
    P: WorkspacePorts + 'static,
    M: SendMachines + SendPulls + 'static,
    K: Clock + 'static,
    C: ReadChats + 'static,
{
    let held = Arc::new((app, chats));
    edge::serve::http("workspaces", move |request| {
        let held = Arc::clone(&held);
        async move { route(&held.0, &held.1, &request).await }
    })
}

async fn route<P, M, K, C>(app: &App<P, M, K>, chats: &C, request: &Request) -> Result<Reply, Rejection>
where
    P: WorkspacePorts,
    M: SendMachines + SendPulls,
    K: Clock,
    C: ReadChats,
{
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
        "GET /v1/chats/{chat}/diff" => diff::run(app, chats, person, request).await,
        _ => Err(Rejection::NotFound("route")),
    }
}
