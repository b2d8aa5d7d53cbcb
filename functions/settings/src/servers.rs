//! `/v1/mcp-servers`

mod body;
pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod refresh;
mod rules;

use chat::{
    catalogue::Catalogue,
    id::ServerId,
    mcp::{Auth, Availability, Server, Transport, tool_name},
    port::RefreshServers,
    time::Timestamp,
};
use edge::{Rejection, Reply};
use serde::Serialize;
use serde_json::{Value, json};

use crate::viewer::Viewer;

/// A tool server as clients see it: without its secrets.
#[derive(Debug, Serialize)]
pub(crate) struct ServerView<'a> {
    id: ServerId,
    slug: &'a str,
    display_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    transport: Transport,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth: Option<Value>,
    enabled: bool,
    availability: Availability,
    allow_in_plan_mode: bool,
    tool_allow: &'a [String],
    tool_deny: &'a [String],
    /// Those that may be called.
    tools: Vec<ToolView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools_fetched_at: Option<Timestamp>,
    tools_omitted: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A tool, by the server's name of it and by the models'.
#[derive(Debug, Serialize)]
struct ToolView<'a> {
    name: &'a str,
    offered_as: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

impl<'a> ServerView<'a> {
    pub(crate) fn of(catalogue: &'a Catalogue, server: &'a Server, viewer: Viewer) -> Self {
        let known = catalogue.tools_of(server);
        let tools = known.into_iter().flat_map(|known| &known.tools);
        let view = |tool: &'a chat::mcp::ServerTool| ToolView {
            name: &tool.name,
            offered_as: tool_name(&server.slug, &tool.name),
            description: tool.description.as_deref(),
        };
        let failure = known.and_then(|known| known.failure.as_deref());
        Self {
            id: server.id,
            slug: &server.slug,
            display_name: &server.display_name,
            url: viewer.only_admins(&server.url),
            transport: server.transport,
            auth: viewer.only_admins(auth(server)),
            enabled: server.enabled,
            availability: server.availability,
            allow_in_plan_mode: server.allow_in_plan_mode,
            tool_allow: &server.tool_allow,
            tool_deny: &server.tool_deny,
            tools: tools.filter(|tool| server.allows(&tool.name)).map(view).collect(),
            tools_fetched_at: known.map(|known| known.fetched_at),
            tools_omitted: known.map_or(0, |known| known.omitted),
            failure: viewer.only_admins(failure).flatten(),
            created_at: server.created_at,
            updated_at: server.updated_at,
        }
    }
}

/// What a server is shown, and which secrets of it there are.
fn auth(server: &Server) -> Value {
    let has = server.sealed.is_some();
    match &server.auth {
        Auth::None => json!({ "type": "none" }),
        Auth::Key { header } => json!({ "type": "key", "header": header, "has_key": has }),
        Auth::Headers { names } => json!({ "type": "headers", "names": names, "has_headers": has }),
        Auth::Oauth2 { token_url, client_id, scopes, has_client_secret, has_refresh_token } => json!({
            "type": "oauth2",
            "token_url": token_url,
            "client_id": client_id,
            "scopes": scopes,
            "has_client_secret": has && *has_client_secret,
            "has_refresh_token": has && *has_refresh_token,
        }),
    }
}

/// Answers an administrator with a server of a catalogue.
fn reply(status: u16, catalogue: &Catalogue, id: ServerId) -> Reply {
    match catalogue.server(id) {
        Some(server) => Reply::json(status, &ServerView::of(catalogue, server, Viewer::Admin)),
        None => Reply::from(&Rejection::NotFound("tool server")),
    }
}

/// Has a server asked what it can do. It is saved whatever becomes of that, and can be asked for again.
async fn look<P: RefreshServers>(ports: &P, id: ServerId) {
    if let Err(error) = ports.refresh_server(id).await {
        tracing::warn!(%error, "a tool server is not asked what it can do");
    }
}
