//! An event of the WebSocket API, read once.

use chat::id::ConnectionId;
use edge::{FunctionError, request::Caller};
use serde::Deserialize;
use serde_json::Value;

/// What happened on a socket.
pub(crate) struct Event {
    pub(crate) route: Route,
    pub(crate) connection: ConnectionId,
    /// Whose socket it is, as the authorizer said.
    pub(crate) caller: Caller,
    /// What was sent; none for bytes.
    pub(crate) text: Option<String>,
}

/// Which route of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Connect,
    Disconnect,
    Message,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    request_context: Context,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    connection_id: String,
    event_type: String,
    #[serde(default)]
    authorizer: Value,
}

impl Event {
    pub(crate) fn read(event: Value) -> Result<Self, FunctionError> {
        let raw: Raw = serde_json::from_value(event).map_err(|error| bad(error.to_string()))?;
        let Context { connection_id, event_type, authorizer } = raw.request_context;
        Ok(Self {
            route: route(&event_type)?,
            connection: ConnectionId(connection_id),
            caller: Caller::read(&authorizer),
            text: raw.body.filter(|_| !raw.is_base64_encoded),
        })
    }
}

fn route(event_type: &str) -> Result<Route, FunctionError> {
    match event_type {
        "CONNECT" => Ok(Route::Connect),
        "DISCONNECT" => Ok(Route::Disconnect),
        "MESSAGE" => Ok(Route::Message),
        other => Err(bad(format!("unknown event type {other}"))),
    }
}

const fn bad(message: String) -> FunctionError {
    FunctionError { error_type: "BadEvent", message }
}
