//! `GET /v1/agent/calls/{token}`: the arguments that were too large for a frame.

use chat::{agent::CallToken, port::Agent};
use edge::{Rejection, Reply, Request};
use serde_json::json;

use crate::{
    AgentPorts,
    token::{chat_of, pending},
};

pub(crate) async fn run<P: AgentPorts>(
    ports: &P,
    agent: Agent,
    request: &Request,
) -> Result<Reply, Rejection> {
    let token: CallToken = request.call_token()?;
    let found = chat_of(ports, agent, token.chat_id).await?.its().ok_or(Rejection::NotFound("call"))?;
    let call = pending(&found.chat, &found.ledger, &token).ok_or(Rejection::NotFound("call"))?;
    Ok(Reply::json(200, &json!({ "args": call.call.args })))
}
