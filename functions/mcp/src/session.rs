//! A conversation with a server: as long as one errand, for functions keep nothing open between two.

use std::time::Duration;

use chat::{
    limit::{SERVER_CALL_MS, SERVER_CONNECT_MS},
    mcp::{Auth, Server, ServerTool, Transport},
};
use futures::future::BoxFuture;
use rmcp::{
    RoleClient, ServiceError,
    model::{
        CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, Implementation, JsonObject,
        PaginatedRequestParams, Tool,
    },
    service::{RunningService, serve_client},
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use serde_json::Value;
use tokio::time::timeout;

use crate::{
    App, Keys, McpPorts,
    auth::{self, Headers, Token},
    sse,
    trouble::{Trouble, words},
};

const CONNECT: Duration = Duration::from_millis(SERVER_CONNECT_MS);
const CALL: Duration = Duration::from_millis(SERVER_CALL_MS);
/// How long a goodbye may take.
const CLOSE: Duration = Duration::from_secs(2);
/// Most bytes of one event of a stream.
const EVENT_BYTES: usize = 4 * 1024 * 1024;
/// Pages of a list that are read.
const PAGES: usize = 20;

/// A conversation with a server.
pub(crate) struct Session(RunningService<RoleClient, ClientConfig>);

impl Session {
    /// Begins one. A token that the server does not take is replaced, once.
    pub(crate) async fn open<P: McpPorts, S: Keys>(
        app: &App<P, S>,
        server: &Server,
    ) -> Result<Self, Trouble> {
        let first = begin(app, server, Token::Kept).await;
        match (&first, &server.auth) {
            (Err(Trouble::Unreached(_)), Auth::Oauth2 { .. }) => begin(app, server, Token::New).await,
            (Ok(_) | Err(_), _) => first,
        }
    }

    /// Returns what the server says that it can do.
    pub(crate) async fn list(&self) -> Result<Vec<ServerTool>, Trouble> {
        timeout(CONNECT, self.pages()).await.map_err(|_| late("did not list its tools", CONNECT))?
    }

    async fn pages(&self) -> Result<Vec<ServerTool>, Trouble> {
        let (mut listed, mut cursor) = (Vec::new(), None);
        for _ in 0..PAGES {
            let mut page = PaginatedRequestParams::default();
            page.cursor = cursor;
            let answer = self.0.list_tools(Some(page)).await.map_err(|error| Trouble::unreached(&error))?;
            listed.extend(answer.tools.into_iter().map(tool));
            cursor = answer.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        Ok(listed)
    }

    /// Has a tool called.
    pub(crate) async fn call(&self, tool: &str, args: JsonObject) -> Result<CallToolResult, Trouble> {
        let asked = self.0.call_tool(CallToolRequestParams::new(tool.to_owned()).with_arguments(args));
        match timeout(CALL, asked).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(ServiceError::McpError(refusal))) => Err(Trouble::Refused(refusal.message.into_owned())),
            Ok(Err(error)) => Err(Trouble::Unheard(words(&error))),
            Err(_) => Err(Trouble::Unheard(format!("no answer within {} seconds", CALL.as_secs()))),
        }
    }

    /// Says goodbye, if the server listens.
    pub(crate) async fn close(mut self) {
        if let Err(error) = self.0.close_with_timeout(CLOSE).await {
            tracing::debug!(%error, "a session did not end well");
        }
    }
}

async fn begin<P: McpPorts, S: Keys>(
    app: &App<P, S>,
    server: &Server,
    token: Token,
) -> Result<Session, Trouble> {
    let headers = auth::headers(app, server, token).await?;
    let connected: BoxFuture<'_, Result<Session, Trouble>> = match server.transport {
        Transport::StreamableHttp => Box::pin(streamable(app, server, headers)),
        Transport::Sse => Box::pin(sse(app, server, headers)),
    };
    timeout(CONNECT, connected).await.map_err(|_| late("was not connected", CONNECT))?
}

async fn streamable<P, S>(app: &App<P, S>, server: &Server, headers: Headers) -> Result<Session, Trouble> {
    let (client, url) = app.web.to(&server.url)?;
    // A session that has ended is the end of the errand: nothing is said twice.
    let config = StreamableHttpClientTransportConfig::with_uri(url.as_str())
        .custom_headers(headers)
        .max_sse_event_size(EVENT_BYTES)
        .reinit_on_expired_session(false);
    let transport = StreamableHttpClientTransport::with_client(client.clone(), config);
    let served = serve_client(introduction(), transport).await;
    served.map(Session).map_err(|error| Trouble::unreached(&error))
}

async fn sse<P, S>(app: &App<P, S>, server: &Server, headers: Headers) -> Result<Session, Trouble> {
    let (client, url) = app.web.to(&server.url)?;
    let transport = sse::Sse::connect(client, &url, headers).await?;
    let served = serve_client(introduction(), transport).await;
    served.map(Session).map_err(|error| Trouble::unreached(&error))
}

fn introduction() -> ClientConfig {
    ClientConfig::new(
        ClientCapabilities::default(),
        Implementation::new("quickstep", env!("CARGO_PKG_VERSION")),
    )
}

fn tool(tool: Tool) -> ServerTool {
    let input_schema = Value::Object(JsonObject::clone(&tool.input_schema));
    ServerTool {
        name: tool.name.into_owned(),
        description: tool.description.map(|text| text.into_owned()),
        input_schema,
    }
}

fn late(what: &str, patience: Duration) -> Trouble {
    Trouble::Unreached(format!("it {what} within {} seconds", patience.as_secs()))
}
