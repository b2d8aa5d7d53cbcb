//! What clients ask for on a socket.

use chat::{cursor::Cursor, id::ChatId, port::Person};
use edge::{Rejection, request::from_json};
use serde::Deserialize;
use serde_json::Value;

use super::{
    SocketPorts,
    answer::{Answer, Refused, say},
    event::Event,
    subscribe::{subscribe, unsubscribe},
    watch::{unwatch, watch},
};

/// Longest text that a ping may carry.
const PING_BYTES: usize = 256;

#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
enum Action {
    Subscribe {
        chat_id: ChatId,
        #[serde(default)]
        cursor: Option<Cursor>,
    },
    Unsubscribe {
        chat_id: ChatId,
    },
    Watch {},
    Unwatch {},
    Inbox {
        #[serde(default, rename = "filters")]
        _filters: Option<Filters>,
    },
    Ping {
        #[serde(default)]
        id: Option<Value>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filters {
    #[serde(default, rename = "targets")]
    _targets: Vec<String>,
    #[serde(default, rename = "templates")]
    _templates: Vec<String>,
    #[serde(default, rename = "read_status")]
    _read_status: Option<ReadStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReadStatus {
    All,
    Read,
    Unread,
}

/// Does what a message asks for. A refusal is an answer like any other: the socket stays open.
pub(crate) async fn message<P: SocketPorts>(ports: &P, event: &Event) -> u16 {
    let (said, outcome) = match read(event) {
        Ok((person, said)) => {
            let outcome = act(ports, event, person, &said).await;
            (said, outcome)
        }
        Err(refused) => (Value::Null, Err(refused)),
    };
    let answer = match outcome {
        Ok(answer) => answer,
        Err(Refused { code, message }) => Some(Answer::Refused {
            action: named(&said, "action").unwrap_or(Value::Null),
            code,
            message,
            chat_id: named(&said, "chat_id"),
        }),
    };
    if let Some(answer) = answer {
        say(ports, &event.connection, &answer).await;
    }
    200
}

fn read(event: &Event) -> Result<(Person, Value), Refused> {
    let person = event.person.ok_or(Rejection::Unauthorized)?;
    let text = event.text.as_deref();
    let text = text.ok_or_else(|| Rejection::Malformed("a message must be text, not bytes".into()))?;
    Ok((person, from_json(text)?))
}

/// Returns a field of a refused message as the client sent it, if it is a short text.
fn named(said: &Value, field: &str) -> Option<Value> {
    said.get(field)?.as_str().filter(|text| text.len() <= PING_BYTES).map(Value::from)
}

async fn act<P: SocketPorts>(
    ports: &P,
    event: &Event,
    person: Person,
    said: &Value,
) -> Result<Option<Answer>, Refused> {
    let connection = &event.connection;
    match from_json(&said.to_string())? {
        Action::Subscribe { chat_id, cursor } => {
            subscribe(ports, connection, person, chat_id, cursor).await.map(|()| None)
        }
        Action::Unsubscribe { chat_id } => unsubscribe(ports, connection, chat_id).await.map(Some),
        Action::Watch {} => watch(ports, connection, person).await.map(Some),
        Action::Unwatch {} => unwatch(ports, connection, person).await.map(Some),
        Action::Inbox { .. } => Ok(Some(Answer::InboxOpen { unread_count: 0 })),
        Action::Ping { id } => pong(ports, id).map(Some),
    }
}

fn pong<P: SocketPorts>(ports: &P, id: Option<Value>) -> Result<Answer, Refused> {
    if id.as_ref().is_some_and(|id| id.to_string().len() > PING_BYTES) {
        return Err(Rejection::field("id", format!("is longer than {PING_BYTES} bytes")).into());
    }
    Ok(Answer::Pong { id, at: ports.now() })
}
