//! `progress`: what a running call has put out since the last time.

use chat::{
    agent::{CallToken, ToAgent},
    event::Event,
    id::ConnectionId,
    limit::{PART_BYTES, PARTS_MS},
    part::Delta,
    port::Agent,
};
use edge::Rejection;
use turn::announce::tell;

use crate::{
    AgentPorts,
    refused::Refused,
    say::say,
    token::{chat_of, pending},
};

/// Tells whoever listens to the chat, and an agent that works for nobody that it may stop. It is written first and listeners are looked for then, as a step does it: so that who
/// subscribes meanwhile either reads it or is told.
pub(crate) async fn run<P: AgentPorts>(
    ports: &P,
    connection: &ConnectionId,
    agent: Agent,
    token: &CallToken,
    output: String,
) -> Result<(), Refused> {
    if output.len() > PART_BYTES {
        return Err(Rejection::field("output", format!("is longer than {PART_BYTES} bytes")).into());
    }
    let found = chat_of(ports, agent, token.chat_id).await?.its();
    let call = found.as_ref().and_then(|found| pending(&found.chat, &found.ledger, token));
    let (Some(found), Some(call)) = (&found, call) else {
        say(ports, connection, &[ToAgent::Cancelled { tokens: vec![token.clone()] }]).await;
        return Ok(());
    };
    // Where a person is waited for, clients take no parts.
    let episode = found.chat.output_episode().filter(|_| !output.is_empty());
    let Some(episode) = episode else { return Ok(()) };
    let part = Delta::ToolResult {
        tool_call_id: call.call.tool_call_id.clone(),
        tool_name: call.call.tool_name.clone(),
        result_delta: output,
    };
    let until = ports.now().plus_ms(PARTS_MS);
    let Some(seq) = ports.append(token.chat_id, episode, &part, until).await? else { return Ok(()) };
    let Some(observed) = ports.observe(token.chat_id).await? else { return Ok(()) };
    if observed.versions.history == episode.history_version {
        let event = Event::part(token.chat_id, episode, seq, part);
        tell(ports, token.chat_id, &observed.listeners, &[event]).await;
    }
    Ok(())
}
