//! `accepted`: calls have arrived and take longer than a moment.

use chat::{
    agent::{CallToken, ToAgent},
    id::ConnectionId,
    port::Agent,
};

use crate::{
    AgentPorts,
    refused::Refused,
    say::say,
    token::{by_chat, chat_of, pending},
};

/// Notes it of those that are the agent's and pending; of the others it is told that nobody wants them.
pub(crate) async fn run<P: AgentPorts>(
    ports: &P,
    connection: &ConnectionId,
    agent: Agent,
    tokens: &[CallToken],
) -> Result<(), Refused> {
    let now = ports.now();
    let mut unwanted = Vec::new();
    for (chat_id, tokens) in by_chat(tokens.to_vec(), |token| token)? {
        let found = chat_of(ports, agent, chat_id).await?.its();
        for token in tokens {
            match found.as_ref().and_then(|found| pending(&found.chat, &found.ledger, &token)) {
                Some(call) if call.accepted_at.is_none() => ports.accept(&token, now).await?,
                Some(_) => {}
                None => unwanted.push(token),
            }
        }
    }
    if !unwanted.is_empty() {
        say(ports, connection, &[ToAgent::Cancelled { tokens: unwanted }]).await;
    }
    Ok(())
}
