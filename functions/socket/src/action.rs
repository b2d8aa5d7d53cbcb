//! What clients ask for on a socket.

use chat::{cursor::Cursor, id::ChatId, port::Person, time::Timestamp};
use edge::{
    Rejection,
    request::{Caller, from_json},
    socket::Event,
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::{Map, Value};

use super::{
    SocketPorts,
    answer::{Answer, Refused, say},
    subscribe::{Wanted, subscribe, unsubscribe},
    watch::{unwatch, watch},
};

/// Longest text that a ping may carry.
const PING_BYTES: usize = 256;

/// What a client said, as it said it.
type Said = Map<String, Value>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribe {
    chat_id: ChatId,
    #[serde(default, deserialize_with = "object")]
    cursor: Option<Cursor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unsubscribe {
    chat_id: ChatId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inbox {
    #[serde(default, rename = "filters", deserialize_with = "object")]
    _filters: Option<Filters>,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ping {
    #[serde(default)]
    id: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Does what a message asks for. A refusal is an answer like any other: the socket stays open.
pub(crate) async fn message<P: SocketPorts>(ports: &P, event: &Event, deadline: Timestamp) -> u16 {
    let (said, outcome) = match read(event) {
        Ok((person, said)) => {
            let outcome = act(ports, event, (person, deadline), said.clone()).await;
            (said, outcome)
        }
        Err(refused) => (Said::new(), Err(refused)),
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

fn read(event: &Event) -> Result<(Person, Said), Refused> {
    let text = event.text.as_deref();
    let text = text.ok_or_else(|| Rejection::Malformed("a message must be text, not bytes".into()));
    match event.caller {
        // An agent may ask whether somebody listens, and nothing else of what people may.
        Caller::Agent(agent) => {
            let said: Said = from_json(text?)?;
            let is_ping = said.get("action").is_some_and(|action| action == "ping");
            if is_ping { Ok((agent.person, said)) } else { Err(Rejection::Forbidden("people").into()) }
        }
        Caller::Admin(_) | Caller::Known(_) | Caller::Stranger | Caller::Unclear => {
            Ok((event.caller.person()?, from_json(text?)?))
        }
    }
}

/// Returns a field of a refused message as the client sent it, if it is a short text.
fn named(said: &Said, field: &str) -> Option<Value> {
    said.get(field)?.as_str().filter(|text| text.len() <= PING_BYTES).map(Value::from)
}

async fn act<P: SocketPorts>(
    ports: &P,
    event: &Event,
    (person, deadline): (Person, Timestamp),
    mut said: Said,
) -> Result<Option<Answer>, Refused> {
    let connection = &event.connection;
    let action = said.remove("action").ok_or_else(|| Rejection::field("action", "is missing"))?;
    let fields = Value::Object(said).to_string();
    match action.as_str() {
        Some("subscribe") => {
            let Subscribe { chat_id, cursor } = from_json(&fields)?;
            let wanted = Wanted { chat_id, cursor, deadline };
            subscribe(ports, connection, person, wanted).await.map(|()| None)
        }
        Some("unsubscribe") => {
            let Unsubscribe { chat_id } = from_json(&fields)?;
            unsubscribe(ports, connection, chat_id).await.map(Some)
        }
        Some("watch") => {
            let Nothing {} = from_json(&fields)?;
            watch(ports, connection, person).await.map(Some)
        }
        Some("unwatch") => {
            let Nothing {} = from_json(&fields)?;
            unwatch(ports, connection, person).await.map(Some)
        }
        Some("inbox") => {
            let Inbox { .. } = from_json(&fields)?;
            Ok(Some(Answer::InboxOpen { unread_count: 0 }))
        }
        Some("ping") => {
            let Ping { id } = from_json(&fields)?;
            pong(ports, id).map(Some)
        }
        Some(_) | None => {
            let all = "must be one of subscribe, unsubscribe, watch, unwatch, inbox, ping";
            Err(Rejection::field("action", all).into())
        }
    }
}

fn pong<P: SocketPorts>(ports: &P, id: Option<Value>) -> Result<Answer, Refused> {
    if id.as_ref().is_some_and(|id| id.to_string().len() > PING_BYTES) {
        return Err(Rejection::field("id", format!("is longer than {PING_BYTES} bytes")).into());
    }
    Ok(Answer::Pong { id, at: ports.now() })
}

/// The parser would take an array for an object's fields in their order.
fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    let fields = Option::<Said>::deserialize(from)?;
    fields.map(|fields| serde_json::from_value(fields.into()).map_err(D::Error::custom)).transpose()
}
