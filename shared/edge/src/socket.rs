//! An event of the WebSocket API, read once.

use chat::id::ConnectionId;
use serde::Deserialize;
use serde_json::Value;

use crate::{function::FunctionError, request::Caller};

/// What happened on a socket.
#[derive(Clone, Debug)]
pub struct Event {
    /// What kind of event it is.
    pub kind: Kind,
    /// On which.
    pub connection: ConnectionId,
    /// Whose socket it is, as the authorizer said.
    pub caller: Caller,
    /// What was sent; none for bytes.
    pub text: Option<String>,
}

/// What kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It opens.
    Connect,
    /// It is closed.
    Disconnect,
    /// It was sent something.
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
    /// Reads an event.
    ///
    /// # Errors
    /// It is no such event: the template wires something else to the function.
    pub fn read(event: Value) -> Result<Self, FunctionError> {
        let raw: Raw = serde_json::from_value(event).map_err(|error| bad(error.to_string()))?;
        let Context { connection_id, event_type, authorizer } = raw.request_context;
        Ok(Self {
            kind: kind(&event_type)?,
            connection: ConnectionId(connection_id),
            caller: Caller::read(&authorizer),
            text: raw.body.filter(|_| !raw.is_base64_encoded),
        })
    }
}

fn kind(event_type: &str) -> Result<Kind, FunctionError> {
    match event_type {
        "CONNECT" => Ok(Kind::Connect),
        "DISCONNECT" => Ok(Kind::Disconnect),
        "MESSAGE" => Ok(Kind::Message),
        other => Err(bad(format!("unknown event type {other}"))),
    }
}

const fn bad(message: String) -> FunctionError {
    FunctionError { error_type: "BadEvent", message }
}
