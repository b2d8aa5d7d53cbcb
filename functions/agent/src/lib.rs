#![doc = include_str!("../README.md")]

mod accepted;
mod answer;
mod answers;
mod args;
mod exchange;
mod hello;
mod progress;
mod refused;
mod report;
mod say;
mod token;

use std::sync::Arc;

use chat::{
    agent::FromAgent,
    port::{
        AcceptCalls, AppendParts, BindChats, Clock, CommitChats, EnrolAgents, KeepReports, KeepWorkspaces,
        PinChats, ReadChats, ReadReceipts, ReadWorkspaces, SendPulls,
    },
};
use edge::{
    Config, Function, FunctionError, Rejection, Reply, Request,
    request::from_json,
    socket::{Event, Kind},
};
use serde_json::{Value, json};
use turn::{Announce, Ports};

use refused::Refused;

/// What the function needs of the world.
pub trait AgentPorts:
    ReadChats
    + CommitChats
    + ReadReceipts
    + AcceptCalls
    + AppendParts
    + ReadWorkspaces
    + KeepWorkspaces
    + KeepReports
    + BindChats
    + PinChats
    + EnrolAgents
    + SendPulls
    + Announce
    + Clock
{
}

impl<P> AgentPorts for P where
    P: ReadChats
        + CommitChats
        + ReadReceipts
        + AcceptCalls
        + AppendParts
        + ReadWorkspaces
        + KeepWorkspaces
        + KeepReports
        + BindChats
        + PinChats
        + EnrolAgents
        + SendPulls
        + Announce
        + Clock
{
}

/// What the function holds; built once.
#[derive(Clone, Debug)]
pub struct App<P> {
    /// The ports.
    pub ports: P,
    /// Where agents connect.
    pub socket_url: String,
}

/// Makes the function.
#[must_use]
pub fn function(config: Config) -> Function {
    let Config { tables, wake_queue_urls, pulls_queue_url, socket_endpoint, socket_url, sdk, clock, .. } =
        config;
    let pulls = bus::Pulls::connect(&sdk, pulls_queue_url.unwrap_or_default());
    let ports = Ports {
        chats: store::Chats::connect(&sdk, &tables.chats, clock.clone()),
        directory: store::Directory::connect(&sdk, &tables.directory, clock.clone()),
        wakes: bus::Wakes::connect(&sdk, wake_queue_urls).with_pulls(pulls),
        sockets: bus::Sockets::connect(&sdk, &socket_endpoint),
        clock,
    };
    serve(App { ports, socket_url: socket_url.unwrap_or_default() })
}

/// Makes the function of what it holds: one for the events of both APIs.
pub fn serve<P: AgentPorts + 'static>(app: App<P>) -> Function {
    let app = Arc::new(app);
    let asked = Arc::clone(&app);
    let http = edge::serve::http("agent", move |request| {
        let app = Arc::clone(&asked);
        async move { route(&app, &request).await }
    });
    let socket = edge::serve::events("agent", move |event, _| {
        let app = Arc::clone(&app);
        async move { handle(&app.ports, event).await }
    });
    Function::new(move |event, invocation| {
        let function = if is_http(&event) { http.clone() } else { socket.clone() };
        async move { function.call(event, invocation).await }
    })
}

fn is_http(event: &Value) -> bool {
    event.pointer("/requestContext/http").is_some()
}

async fn route<P: AgentPorts>(app: &App<P>, request: &Request) -> Result<Reply, Rejection> {
    let App { ports, socket_url } = app;
    match request.route.as_str() {
        // The enrolment's token in the body is the credential.
        "POST /v1/agent/exchange" => exchange::run(ports, socket_url, request).await,
        "GET /v1/agent/calls/{token}" => args::run(ports, request.agent()?, request).await,
        "POST /v1/agent/answers" => answers::run(ports, request.agent()?, request).await,
        _ => Err(Rejection::NotFound("route")),
    }
}

/// Handles one message of an agent. A refusal is an answer like any other: the socket stays open.
///
/// # Errors
/// The event is not a message of the WebSocket API.
pub async fn handle<P: AgentPorts>(ports: &P, event: Value) -> Result<Value, FunctionError> {
    let event = Event::read(event)?;
    if event.kind != Kind::Message {
        let message = "only messages are routed here".to_owned();
        return Err(FunctionError { error_type: "BadEvent", message });
    }
    if let Err(refused) = act(ports, &event).await {
        say::refused(ports, &event, refused).await;
    }
    Ok(json!({ "statusCode": 200 }))
}

async fn act<P: AgentPorts>(ports: &P, event: &Event) -> Result<(), Refused> {
    let agent = event.caller.agent()?;
    let text = event.text.as_deref();
    let text = text.ok_or_else(|| Rejection::Malformed("a message must be text, not bytes".into()))?;
    let connection = &event.connection;
    match from_json::<FromAgent>(text)? {
        FromAgent::Hello { run_id, version, os, folder } => {
            let said = hello::Said { run_id, version, os, folder };
            hello::run(ports, connection, agent, said).await
        }
        FromAgent::Accepted { tokens } => accepted::run(ports, connection, agent, &tokens).await,
        FromAgent::Progress { token, output } => {
            progress::run(ports, connection, agent, &token, output).await
        }
        FromAgent::Answer { answers } => {
            let settled = answer::run(ports, agent, answers).await?;
            say::settled(ports, connection, settled).await;
            Ok(())
        }
        FromAgent::Report { report, seen_at } => report::run(ports, agent, &report, seen_at).await,
        FromAgent::Ping {} => {
            say::pong(ports, connection).await;
            Ok(())
        }
    }
}
