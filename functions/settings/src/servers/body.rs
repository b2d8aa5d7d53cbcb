//! What administrators say of how a server is shown who asks.

use std::collections::BTreeMap;

use chat::mcp::{Auth, ServerSecret};
use serde::Deserialize;

/// What a server is shown, with its secrets.
#[derive(Clone, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum AuthBody {
    None {},
    Key {
        key: String,
        header: Option<String>,
    },
    Headers {
        headers: BTreeMap<String, String>,
    },
    Oauth2 {
        token_url: String,
        client_id: String,
        client_secret: Option<String>,
        refresh_token: Option<String>,
        #[serde(default)]
        scopes: Vec<String>,
    },
}

impl AuthBody {
    /// Parts what may be shown from what may not; none where there is nothing to hide.
    pub(crate) fn parted(self) -> (Auth, Option<ServerSecret>) {
        let none = ServerSecret::default();
        match self {
            Self::None {} => (Auth::None, None),
            Self::Key { key, header } => {
                (Auth::Key { header }, Some(ServerSecret { key: Some(key), ..none }))
            }
            Self::Headers { headers } => {
                let names = headers.keys().cloned().collect();
                (Auth::Headers { names }, Some(ServerSecret { headers, ..none }))
            }
            Self::Oauth2 { token_url, client_id, client_secret, refresh_token, scopes } => {
                let has_client_secret = client_secret.is_some();
                let has_refresh_token = refresh_token.is_some();
                let auth =
                    Auth::Oauth2 { token_url, client_id, scopes, has_client_secret, has_refresh_token };
                (auth, Some(ServerSecret { client_secret, refresh_token, ..none }))
            }
        }
    }
}
