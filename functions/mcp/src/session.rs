//! A conversation with a server: as long as one errand, for functions keep nothing open between two.

use std::time::Duration;

use chat::{
    limit::{SERVER_CALL_MS, SERVER_CONNECT_MS, SERVER_TOOLS, SERVER_TOOLS_BYTES},
    mcp::{Auth, Server, ServerTool, Transport},
};
use rmcp::model::{CallToolResult, JsonObject, ListToolsResult, ResultType, Tool};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    App, Keys, McpPorts,
    auth::{self, Headers, Token},
    conversation::{Conversation, read},
    sse::Sse,
    stateless::is_well_marked,
    streamable::Streamable,
    trouble::Trouble,
    wire::{Failure, Wire},
};

const CONNECT: Duration = Duration::from_millis(SERVER_CONNECT_MS);
const CALL: Duration = Duration::from_millis(SERVER_CALL_MS);
/// How long a goodbye may take.
const CLOSE: Duration = Duration::from_secs(2);
/// Pages of a list that are read.
const PAGES: usize = 20;
/// No further page is read once a list has so many times what is kept of one: what has no room is held until all is read.
const SPARE: usize = 8;

/// A conversation with a server.
pub(crate) struct Session(Conversation);

/// How an answer says that it is none yet: by a kind of its own, or by a task that is to be asked after.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    result_type: Option<ResultType>,
    task: Option<IgnoredAny>,
}

impl Session {
    /// Begins one. A token that the server does not take is replaced, once.
    pub(crate) async fn open<P: McpPorts, S: Keys>(
        app: &App<P, S>,
        server: &Server,
    ) -> Result<Self, Trouble> {
        let first = begin(app, server, Token::Kept).await;
        match (&first, &server.auth) {
            (Err(Trouble::Unreached(_) | Trouble::Unwelcome(_)), Auth::Oauth2 { .. }) => {
                begin(app, server, Token::New).await
            }
            (Ok(_) | Err(_), _) => first,
        }
    }

    /// Returns what the server says that it can do.
    pub(crate) async fn list(&mut self) -> Result<Vec<ServerTool>, Trouble> {
        let listed =
            timeout(CONNECT, self.pages()).await.map_err(|_| late("did not list its tools", CONNECT))?;
        listed.map_err(Failure::unreached)
    }

    async fn pages(&mut self) -> Result<Vec<ServerTool>, Failure> {
        let (mut listed, mut listed_bytes, mut cursor) = (Vec::new(), 0, None);
        for _ in 0..PAGES {
            let params = cursor.map_or_else(|| json!({}), |cursor: String| json!({ "cursor": cursor }));
            let answer = self.0.ask("tools/list", params).await?;
            let page: ListToolsResult = read(&answer)?;
            let offered = page.tools.into_iter().map(tool);
            listed.extend(offered.filter(|tool| self.can_call(tool)));
            listed_bytes += answer.get().len();
            cursor = page.next_cursor;
            let is_enough = listed.len() > SPARE * SERVER_TOOLS || listed_bytes > SPARE * SERVER_TOOLS_BYTES;
            if cursor.is_none() || is_enough {
                break;
            }
        }
        Ok(listed)
    }

    fn can_call(&self, tool: &ServerTool) -> bool {
        let can = !self.0.is_stateless() || is_well_marked(&tool.input_schema);
        if !can {
            tracing::warn!(
                "a tool is left out: which of its arguments are to be headers is not said as it may be"
            );
        }
        can
    }

    /// Has a tool called.
    pub(crate) async fn call(
        &mut self,
        tool: &ServerTool,
        args: JsonObject,
    ) -> Result<CallToolResult, Trouble> {
        let params = json!({ "name": tool.name, "arguments": args });
        let asked = self.0.answer("tools/call", params, Some(&tool.input_schema));
        let answered = match timeout(CALL, asked).await {
            Ok(answered) => answered,
            Err(_) => {
                self.give_up().await;
                return Err(Trouble::Unheard(format!("no answer within {} seconds", CALL.as_secs())));
            }
        };
        self.0.rest().await;
        let answer = answered.map_err(Failure::unheard)?;
        let kind: Kind = read(&answer).map_err(Failure::unheard)?;
        if kind.task.is_some() || kind.result_type.is_some_and(|kind| !kind.is_complete()) {
            return Err(Trouble::Unoffered);
        }
        read(&answer).map_err(Failure::unheard)
    }

    async fn give_up(&mut self) {
        if let Ok(Err(error)) = timeout(CLOSE, self.0.give_up()).await {
            tracing::debug!(%error, "a server was not told that nobody waits");
        }
    }

    /// Says goodbye, if the server listens.
    pub(crate) async fn close(mut self) {
        if let Ok(Err(error)) = timeout(CLOSE, self.0.close()).await {
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
    let until = Instant::now() + CONNECT;
    let late = |_| late("was not connected", CONNECT);
    let wire = timeout_at(until, connect(app, server, headers)).await.map_err(late)??;
    let mut session = Session(Conversation::over(wire));
    let begun = timeout_at(until, session.0.begin()).await.map_err(late);
    if let Err(trouble) = begun.and_then(|begun| begun.map_err(Failure::unreached)) {
        // The server may have begun one.
        session.close().await;
        return Err(trouble);
    }
    Ok(session)
}

async fn connect<P, S>(app: &App<P, S>, server: &Server, headers: Headers) -> Result<Wire, Trouble> {
    let (client, url) = app.web.to(&server.url)?;
    match server.transport {
        Transport::StreamableHttp => Ok(Wire::Streamable(Box::new(Streamable::new(client, url, headers)))),
        Transport::Sse => {
            let sse = Sse::connect(client, &url, headers).await.map_err(Failure::unreached)?;
            Ok(Wire::Sse(Box::new(sse)))
        }
    }
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
