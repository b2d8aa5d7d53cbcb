//! What an HTTP client asks: an event of API Gateway, payload format 2.0, read once.
//!
//! Only the fields that are used are described, so that what a gateway adds cannot break a function.

mod body;
mod event;
mod query;

use std::{collections::BTreeMap, str::FromStr};

use chat::{
    agent::CallToken,
    id::{ChatId, MessageId, ModelId, OrgId, ProviderId, QueuedId, ServerId, UserId, WorkspaceId},
    port::{Agent, Person, Unavailable},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use body::from_json;
pub use query::Query;

use crate::{function::FunctionError, rejection::Rejection};

/// What an HTTP client asks.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method and pattern, such as `GET /v1/chats/{chat}`.
    pub route: String,
    /// What stands after the `?`.
    pub query: Query,
    pub(crate) caller: Caller,
    path: String,
    params: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

/// What the authorizer found out about who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A person who administers the stack.
    Admin(Person),
    /// Any other person.
    Known(Person),
    /// The agent on a workspace's machine: nobody among people.
    Agent(Agent),
    /// Nobody known.
    Stranger,
    /// It could not find out.
    Unclear,
}

/// What the context says of an administrator.
const ADMIN: &str = "admin";

impl Caller {
    /// Returns the person.
    ///
    /// # Errors
    /// Nobody known (401), or it could not be found out (503).
    pub fn person(self) -> Result<Person, Rejection> {
        match self {
            Self::Admin(person) | Self::Known(person) => Ok(person),
            Self::Agent(_) | Self::Stranger => Err(Rejection::Unauthorized),
            Self::Unclear => Err(Rejection::Unavailable(Unavailable {
                dependency: "the directory",
                reason: "the authorizer could not read it".into(),
            })),
        }
    }

    /// Returns the person, who administers the stack.
    ///
    /// # Errors
    /// Nobody known (401), somebody who does not (403), or it could not be found out (503).
    pub fn admin(self) -> Result<Person, Rejection> {
        match self {
            Self::Admin(person) => Ok(person),
            Self::Known(_) => Err(Rejection::Forbidden("administrators")),
            Self::Agent(_) | Self::Stranger | Self::Unclear => self.person(),
        }
    }

    /// Returns the agent.
    ///
    /// # Errors
    /// Nobody known (401), a person (403), or it could not be found out (503).
    pub fn agent(self) -> Result<Agent, Rejection> {
        match self {
            Self::Agent(agent) => Ok(agent),
            Self::Admin(_) | Self::Known(_) => Err(Rejection::Forbidden("the agents of workspaces")),
            Self::Stranger => Err(Rejection::Unauthorized),
            Self::Unclear => self.person().and(Err(Rejection::Unauthorized)),
        }
    }

    /// Reads the authorizer's context: a stranger has an empty `user_id`, an agent has one as well and a `workspace_id`,
    /// `role` says who administers the stack, and `outage` that it could not find out.
    #[must_use]
    pub fn read(context: &Value) -> Self {
        let id = |name: &str| context.get(name)?.as_str()?.parse().ok();
        if let (None, Some(workspace), Some(user), Some(org)) =
            (id("user_id"), id("workspace_id"), id("agent_user_id"), id("agent_org_id"))
        {
            let person = Person { user_id: UserId(user), org_id: OrgId(org) };
            return Self::Agent(Agent { workspace_id: WorkspaceId(workspace), person });
        }
        let is_admin = context.get("role").is_some_and(|role| role == ADMIN);
        match (id("user_id"), id("org_id")) {
            (Some(user), Some(org)) => {
                let person = Person { user_id: UserId(user), org_id: OrgId(org) };
                if is_admin { Self::Admin(person) } else { Self::Known(person) }
            }
            (None, _) | (_, None) if context.get("outage").is_some() => Self::Unclear,
            (None, _) | (_, None) => Self::Stranger,
        }
    }

    /// Returns the context that says so.
    #[must_use]
    pub fn context(self) -> Value {
        match self {
            Self::Admin(Person { user_id, org_id }) => {
                json!({ "user_id": user_id, "org_id": org_id, "role": ADMIN })
            }
            Self::Known(Person { user_id, org_id }) => json!({ "user_id": user_id, "org_id": org_id }),
            Self::Agent(Agent { workspace_id, person: Person { user_id, org_id } }) => json!({
                "user_id": "",
                "org_id": "",
                "workspace_id": workspace_id,
                "agent_user_id": user_id,
                "agent_org_id": org_id,
            }),
            Self::Stranger => json!({ "user_id": "", "org_id": "" }),
            Self::Unclear => json!({ "user_id": "", "org_id": "", "outage": "true" }),
        }
    }
}

/// A body that says nothing.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl Request {
    /// Reads an event.
    ///
    /// # Errors
    /// It is no such event: the template wires something else to the function.
    pub fn read(event: Value) -> Result<Self, FunctionError> {
        event::read(event)
    }

    /// Returns who asks.
    ///
    /// # Errors
    /// Nobody known (401), or it could not be found out (503).
    pub fn person(&self) -> Result<Person, Rejection> {
        self.caller.person()
    }

    /// Returns the administrator who asks.
    ///
    /// # Errors
    /// Nobody known (401), somebody else (403), or it could not be found out (503).
    pub fn admin(&self) -> Result<Person, Rejection> {
        self.caller.admin()
    }

    /// Returns the agent that asks.
    ///
    /// # Errors
    /// Nobody known (401), a person (403), or it could not be found out (503).
    pub fn agent(&self) -> Result<Agent, Rejection> {
        self.caller.agent()
    }

    /// Returns the workspace that the path names.
    ///
    /// # Errors
    /// No workspace can have such an id: 404.
    pub fn workspace_id(&self) -> Result<WorkspaceId, Rejection> {
        self.param("workspace", "workspace")
    }

    /// Returns the call that the path names.
    ///
    /// # Errors
    /// No call can have such a name: 404.
    pub fn call_token(&self) -> Result<CallToken, Rejection> {
        self.param("token", "call")
    }

    /// Returns the chat that the path names.
    ///
    /// # Errors
    /// No chat can have such an id: 404, as for one that is not there.
    pub fn chat_id(&self) -> Result<ChatId, Rejection> {
        self.param("chat", "chat")
    }

    /// Returns the message that the path names.
    ///
    /// # Errors
    /// No message can have such an id: 404.
    pub fn message_id(&self) -> Result<MessageId, Rejection> {
        self.param::<u64>("id", "message").map(MessageId)
    }

    /// Returns the queued message that the path names.
    ///
    /// # Errors
    /// No queued message can have such an id: 404.
    pub fn queued_id(&self) -> Result<QueuedId, Rejection> {
        self.param::<u64>("id", "queued message").map(QueuedId)
    }

    /// Returns the provider that the path names.
    ///
    /// # Errors
    /// No provider can have such an id: 404.
    pub fn provider_id(&self) -> Result<ProviderId, Rejection> {
        self.param("provider", "provider")
    }

    /// Returns the model that the path names.
    ///
    /// # Errors
    /// No model can have such an id: 404.
    pub fn model_id(&self) -> Result<ModelId, Rejection> {
        self.param("model", "model")
    }

    /// Returns the tool server that the path names.
    ///
    /// # Errors
    /// No tool server can have such an id: 404.
    pub fn server_id(&self) -> Result<ServerId, Rejection> {
        self.param("server", "tool server")
    }

    /// Returns the name that the path carries; it may be any text.
    #[must_use]
    pub fn name(&self) -> &str {
        self.params.get("name").map(String::as_str).unwrap_or_default()
    }

    /// Returns the body's JSON.
    ///
    /// # Errors
    /// It is too large (413), or not such JSON (400, naming the field).
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Rejection> {
        body::read(&self.body)
    }

    /// Returns the body's JSON, or the default where there is no body.
    ///
    /// # Errors
    /// As [`Request::json`].
    pub fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Rejection> {
        if self.body.is_empty() { Ok(T::default()) } else { self.json() }
    }

    /// Makes sure that the body says nothing: it is empty or `{}`.
    ///
    /// # Errors
    /// It says something: 400.
    pub fn no_body(&self) -> Result<(), Rejection> {
        if self.body.is_empty() { Ok(()) } else { self.json::<Nothing>().map(drop) }
    }

    /// Returns a header's value; `name` is lower-case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Returns a hash that tells this request from others: of method, path and body.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let method = self.route.split(' ').next().unwrap_or_default();
        let mut hash = Sha256::new();
        for piece in [method.as_bytes(), self.path.as_bytes(), &self.body] {
            hash.update((piece.len() as u64).to_be_bytes());
            hash.update(piece);
        }
        hex::encode(hash.finalize())
    }

    fn param<T: FromStr>(&self, name: &str, what: &'static str) -> Result<T, Rejection> {
        self.params.get(name).and_then(|text| text.parse().ok()).ok_or(Rejection::NotFound(what))
    }
}
