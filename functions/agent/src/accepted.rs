//! `accepted`: calls have arrived and take longer than a moment.

use chat::{agent::CallToken, port::Agent};

use crate::{
    AgentPorts,
    refused::Refused,
    token::{by_chat, chat_of, pending},
};

/// Notes it of those that are the agent's and pending; the others are of no concern.
pub(crate) async fn run<P: AgentPorts>(ports: &P, agent: Agent, tokens: &[CallToken]) -> Result<(), Refused> {
    let now = ports.now();
    for (chat_id, tokens) in by_chat(tokens.to_vec(), |token| token)? {
        let Some(found) = chat_of(ports, agent, chat_id).await? else { continue };
        for token in &tokens {
            let waits = pending(&found.chat, &found.ledger, token);
            if waits.is_some_and(|call| call.accepted_at.is_none()) {
                ports.accept(token, now).await?;
            }
        }
    }
    Ok(())
}
