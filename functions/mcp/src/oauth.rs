//! Tokens of OAuth 2 servers: had by a refresh token or the client's credentials, kept sealed until they end.

use std::time::Duration;

use chat::{
    limit::SERVER_CONNECT_MS,
    mcp::{Auth, Grant, GrantSecret, Server, ServerSecret},
    port::{CommitError, KeyOwner},
};
use form_urlencoded::Serializer;
use reqwest::{
    Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde::Deserialize;
use tokio::time::timeout;

use crate::{App, Keys, McpPorts, auth::Token, trouble::Trouble, web};

/// How long before its end a token is replaced: longer than the longest call.
const EARLY_MS: u64 = 90_000;
/// How long a token holds whose server does not say.
const USUAL_S: u64 = 3_600;
/// No token is believed to hold longer.
const LONGEST_S: u64 = 30 * 24 * 3_600;
/// Most bytes of an answer.
const ANSWER_BYTES: usize = 64 * 1024;
const PATIENCE: Duration = Duration::from_millis(SERVER_CONNECT_MS);

/// What a token's server answers.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
}

/// How a client shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    InHeader,
    InBody,
}

/// Returns a token that holds for longer than a call.
pub(crate) async fn token<P: McpPorts, S: Keys>(
    app: &App<P, S>,
    server: &Server,
    secret: &ServerSecret,
    wanted: Token,
) -> Result<String, Trouble> {
    let stored = app.ports.grant(server.id).await?;
    let held = match stored.as_ref().filter(|grant| grant.edition == server.edition) {
        Some(grant) => Some((grant.expires_at, opened(app, server, grant).await?)),
        None => None,
    };
    let ends = app.ports.now().plus_ms(EARLY_MS);
    match held {
        Some((expires_at, held)) if wanted == Token::Kept && expires_at > ends => Ok(held.access_token),
        held => {
            let refresh =
                held.and_then(|(_, held)| held.refresh_token).or_else(|| secret.refresh_token.clone());
            let revision = stored.map_or(0, |grant| grant.revision) + 1;
            renewed(app, server, secret, refresh, revision).await
        }
    }
}

async fn renewed<P: McpPorts, S: Keys>(
    app: &App<P, S>,
    server: &Server,
    secret: &ServerSecret,
    refresh: Option<String>,
    revision: u64,
) -> Result<String, Trouble> {
    let asked = ask(app, server, secret, refresh.as_deref());
    let late = |_| Trouble::Unreached("the token's server did not answer in time".to_owned());
    let answer = timeout(PATIENCE, asked).await.map_err(late)??;
    let holds_ms = answer.expires_in.unwrap_or(USUAL_S).min(LONGEST_S) * 1_000;
    let access_token = answer.access_token.clone();
    let kept =
        GrantSecret { access_token: answer.access_token, refresh_token: answer.refresh_token.or(refresh) };
    let text = serde_json::to_string(&kept).map_err(|error| Trouble::unreached(&error))?;
    let grant = Grant {
        edition: server.edition,
        revision,
        sealed: app.keys.seal(KeyOwner::Grant(server.id), &text).await?,
        expires_at: app.ports.now().plus_ms(holds_ms),
    };
    match app.ports.put_grant(server.id, &grant).await {
        // Somebody else has another one, as good as this.
        Ok(()) | Err(CommitError::Conflict) => Ok(access_token),
        Err(CommitError::Unavailable(error)) => Err(error.into()),
    }
}

async fn opened<P, S: Keys>(app: &App<P, S>, server: &Server, grant: &Grant) -> Result<GrantSecret, Trouble> {
    let text = app.keys.open(KeyOwner::Grant(server.id), &grant.sealed).await?;
    serde_json::from_str(&text).map_err(|_| Trouble::Unreached("its stored token cannot be read".to_owned()))
}

/// RFC 6749, 2.3.1: every server must take a client's secret in a header; some take it in the body only.
async fn ask<P, S>(
    app: &App<P, S>,
    server: &Server,
    secret: &ServerSecret,
    refresh: Option<&str>,
) -> Result<Answer, Trouble> {
    let first = post(app, server, secret, refresh, Shown::InHeader).await?;
    let refuses = matches!(first.status(), StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED);
    let answer = match refuses && secret.client_secret.is_some() {
        true => post(app, server, secret, refresh, Shown::InBody).await?,
        false => first,
    };
    let status = answer.status();
    let body =
        web::body(answer, ANSWER_BYTES).await.map_err(|error| Trouble::unreached(&error.without_url()))?;
    let too_much = || Trouble::Unreached("the token's server answered too much".to_owned());
    let body = body.ok_or_else(too_much)?;
    if !status.is_success() {
        return Err(Trouble::Unreached(format!("the token's server answered {status}")));
    }
    let no_token = |_| Trouble::Unreached("the token's server answered no token".to_owned());
    serde_json::from_slice(&body).map_err(no_token)
}

async fn post<P, S>(
    app: &App<P, S>,
    server: &Server,
    secret: &ServerSecret,
    refresh: Option<&str>,
    shown: Shown,
) -> Result<Response, Trouble> {
    let Auth::Oauth2 { token_url, client_id, scopes, .. } = &server.auth else {
        return Err(Trouble::Unreached("it wants no token".to_owned()));
    };
    let (client, url) = app.web.to(token_url)?;
    let post = client.post(url).header(ACCEPT, web::JSON);
    let post = match &secret.client_secret {
        Some(secret) if shown == Shown::InHeader => {
            post.basic_auth(encoded(client_id), Some(encoded(secret)))
        }
        Some(_) | None => post,
    };
    let in_body = secret.client_secret.as_deref().filter(|_| shown == Shown::InBody);
    let client_id = (in_body.is_some() || secret.client_secret.is_none()).then_some(client_id.as_str());
    let body = form([
        ("grant_type", Some(if refresh.is_some() { "refresh_token" } else { "client_credentials" })),
        ("refresh_token", refresh),
        ("scope", Some(scopes.join(" ")).as_deref().filter(|scopes| !scopes.is_empty())),
        ("client_id", client_id),
        ("client_secret", in_body),
    ]);
    let post = post.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
    post.send().await.map_err(|error| Trouble::unreached(&error.without_url()))
}

fn form<const N: usize>(fields: [(&str, Option<&str>); N]) -> String {
    let said = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Serializer::new(String::new()).extend_pairs(said).finish()
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
