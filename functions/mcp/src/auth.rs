//! What a server is shown.

use chat::{
    mcp::{Auth, Server, ServerSecret},
    port::KeyOwner,
};
use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};

use crate::{App, Keys, McpPorts, oauth, trouble::Trouble};

/// What is sent along with each request.
pub(crate) type Headers = HeaderMap;

/// Whether a token that is kept may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// It may, until it ends.
    Kept,
    /// The server did not take it: there must be a new one.
    New,
}

/// Returns the headers that a server wants.
pub(crate) async fn headers<P: McpPorts, S: Keys>(
    app: &App<P, S>,
    server: &Server,
    token: Token,
) -> Result<Headers, Trouble> {
    let secret = secret(app, server).await?;
    match &server.auth {
        Auth::None => Ok(Headers::new()),
        Auth::Key { header } => {
            let key = secret.key.ok_or_else(|| Trouble::Unreached("it has no key".to_owned()))?;
            match header {
                Some(name) => one(name, &key),
                None => one(AUTHORIZATION.as_str(), &format!("Bearer {key}")),
            }
        }
        Auth::Headers { .. } => {
            let mut headers = Headers::new();
            for (name, value) in &secret.headers {
                headers.extend(one(name, value)?);
            }
            Ok(headers)
        }
        Auth::Oauth2 { .. } => {
            let token = oauth::token(app, server, &secret, token).await?;
            one(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
        }
    }
}

async fn secret<P, S: Keys>(app: &App<P, S>, server: &Server) -> Result<ServerSecret, Trouble> {
    let Some(sealed) = &server.sealed else { return Ok(ServerSecret::default()) };
    let opened = app.keys.open(KeyOwner::Server(server.id), sealed).await?;
    serde_json::from_str(&opened)
        .map_err(|_| Trouble::Unreached("its stored secrets cannot be read".to_owned()))
}

fn one(name: &str, value: &str) -> Result<Headers, Trouble> {
    let unreached = || Trouble::Unreached(format!("the header {name} cannot be sent"));
    let name = HeaderName::try_from(name).map_err(|_| unreached())?;
    let mut value = HeaderValue::try_from(value).map_err(|_| unreached())?;
    value.set_sensitive(true);
    Ok(Headers::from_iter([(name, value)]))
}
