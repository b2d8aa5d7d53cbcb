//! `POST /v1/agent/exchange`: an enrolment's token becomes the one that the agent made itself.

use chat::{id::WorkspaceId, port::EnrolAgents};
use edge::{Rejection, Reply, Request, Secret};
use serde::{Deserialize, Serialize};

/// Longest enrolment token.
const TOKEN_BYTES: usize = 512;
/// Hexadecimal digits of a SHA-256.
const HASH_DIGITS: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    enrolment_token: String,
    token_hash: String,
}

#[derive(Serialize)]
struct Exchanged<'a> {
    workspace_id: WorkspaceId,
    socket_url: &'a str,
}

pub(crate) async fn run<P: EnrolAgents>(
    ports: &P,
    socket_url: &str,
    request: &Request,
) -> Result<Reply, Rejection> {
    let Body { enrolment_token, token_hash } = request.json()?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if token_hash.len() != HASH_DIGITS || !token_hash.bytes().all(is_hex) {
        return Err(Rejection::field("token_hash", "must be a SHA-256 in lower-case hexadecimal digits"));
    }
    if enrolment_token.is_empty() || enrolment_token.len() > TOKEN_BYTES {
        return Err(Rejection::Unauthorized);
    }
    let agent = ports.exchange(&Secret::new(enrolment_token).hash(), &token_hash).await?;
    let workspace_id = agent.ok_or(Rejection::Unauthorized)?.workspace_id;
    Ok(Reply::json(200, &Exchanged { workspace_id, socket_url }))
}
