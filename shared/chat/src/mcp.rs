//! Tool servers: who speaks the Model Context Protocol, how they are reached, and which of their tools chats are offered.
//!
//! They are part of the catalogue, and so are the lists of their tools: a step that knows the newest edition asks nobody
//! what there is to call.

mod name;
mod offer;
mod tools;

use std::{collections::BTreeMap, fmt};

pub use name::tool_name;
use serde::{Deserialize, Serialize};
pub use tools::{ServerTool, ServerTools};

use crate::{catalogue::Sealed, id::ServerId, time::Timestamp};

/// A server whose tools models may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// Its id.
    pub id: ServerId,
    /// What its tools' names begin with; unique.
    pub slug: String,
    /// What people call it.
    pub display_name: String,
    /// Where it is.
    pub url: String,
    /// How it is spoken to.
    pub transport: Transport,
    /// What it is shown.
    pub auth: Auth,
    /// The secrets of that, a [`ServerSecret`] as JSON; none where it wants none, or nobody said one.
    pub sealed: Option<Sealed>,
    /// Whether it may be asked.
    pub enabled: bool,
    /// Which chats have it.
    pub availability: Availability,
    /// Whether chats that plan have it.
    pub allow_in_plan_mode: bool,
    /// Its own names of the tools that may be called; empty for all.
    pub tool_allow: Vec<String>,
    /// Those that may not, whatever is allowed.
    pub tool_deny: Vec<String>,
    /// Raised by one whenever it is reached otherwise: what was learned of it before holds no longer.
    pub edition: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

impl Server {
    /// Returns whether the server's lists allow a tool, by its own name.
    #[must_use]
    pub fn allows(&self, tool: &str) -> bool {
        let has = |list: &[String]| list.iter().any(|name| name == tool);
        (self.tool_allow.is_empty() || has(&self.tool_allow)) && !has(&self.tool_deny)
    }
}

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// One address for everything.
    #[default]
    StreamableHttp,
    /// A stream that says where to post, as protocol version 2024-11-05 has it.
    Sse,
}

/// Which chats have a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// All.
    ForceOn,
    /// All that name no servers, and those that name it.
    DefaultOn,
    /// Those that name it.
    #[default]
    DefaultOff,
}

/// What a server is shown, without the secrets of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Auth {
    /// Nothing.
    #[default]
    None,
    /// A key, as a bearer token, or in a header of its own.
    Key {
        /// The header; none for `Authorization: Bearer …`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<String>,
    },
    /// Headers.
    Headers {
        /// Their names.
        names: Vec<String>,
    },
    /// A token of an OAuth 2 server, by a refresh token where there is one, else by the client's credentials.
    Oauth2 {
        /// Where tokens are had.
        token_url: String,
        /// Who asks for them.
        client_id: String,
        /// What for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scopes: Vec<String>,
        /// Whether there is a client's secret.
        has_client_secret: bool,
        /// Whether there is a refresh token.
        has_refresh_token: bool,
    },
}

/// The secrets of a server. Its `Debug` says nothing.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSecret {
    /// Of [`Auth::Key`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Of [`Auth::Headers`], by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Of [`Auth::Oauth2`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// Of [`Auth::Oauth2`], the first one: servers may give a new one with each token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

impl fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSecret(…)")
    }
}

/// A token that an OAuth 2 server gave for a tool server, kept beside it until it ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// The server's edition that it was given for.
    pub edition: u64,
    /// Raised by one with each token.
    pub revision: u64,
    /// A [`GrantSecret`] as JSON.
    pub sealed: Sealed,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// The secrets of a grant. Its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantSecret {
    /// What the tool server is shown.
    pub access_token: String,
    /// What the next token is had by, where that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

impl fmt::Debug for GrantSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GrantSecret(…)")
    }
}
