//! `POST /v1/agent/answers`: answers that are too large for the socket.

use chat::{agent::AgentAnswer, port::Agent};
use edge::{Rejection, Reply, Request};
use serde::Deserialize;

use crate::{AgentPorts, answer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    answers: Vec<AgentAnswer>,
}

pub(crate) async fn run<P: AgentPorts>(
    ports: &P,
    agent: Agent,
    request: &Request,
) -> Result<Reply, Rejection> {
    let Body { answers } = request.json()?;
    let count = answers.len();
    let settled = answer::run(ports, agent, answers).await?;
    if !settled.foreign.is_empty() {
        return Err(Rejection::NotFound("call for this workspace"));
    }
    // Some of them were not written: all are said again.
    if settled.acknowledged.len() < count {
        return Err(Rejection::Contended);
    }
    Ok(Reply::empty())
}
