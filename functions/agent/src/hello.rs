//! `hello`: an agent is there.

use chat::{
    agent::{AgentCall, ToAgent},
    call::Answerer,
    id::ConnectionId,
    port::{Agent, ReadChats, Unavailable},
    workspace::{Phase, Presence, Wanted, Workspace},
};
use edge::Rejection;
use turn::{announce::Told, machine};
use uuid::Uuid;

use crate::{AgentPorts, refused::Refused, say::say, token};

/// Longest version and system.
const WORD_BYTES: usize = 64;
/// Longest path.
const FOLDER_BYTES: usize = 1_024;

/// What it says of itself.
pub(crate) struct Said {
    pub(crate) run_id: Uuid,
    pub(crate) version: String,
    pub(crate) os: String,
    pub(crate) folder: String,
}

/// Makes the workspace one that can be given calls, then answers who waited for that, then gives the agent what is open:
/// whatever comes between is given it by whoever hands it out, who looks for the agent after the call is written.
pub(crate) async fn run<P: AgentPorts>(
    ports: &P,
    connection: &ConnectionId,
    agent: Agent,
    said: Said,
) -> Result<(), Refused> {
    check(&said)?;
    let presence = presence(ports.now(), connection, said);
    let Some(workspace) = machine::update(ports, agent.workspace_id, |mut workspace| {
        let fits = workspace.person == agent.person && workspace.wanted != Wanted::Gone;
        if fits && workspace.wanted == Wanted::Running {
            (workspace.phase, workspace.failure) = (Phase::Running, None);
        }
        workspace.agent = Some(presence.clone());
        fits.then_some(workspace)
    })
    .await?
    else {
        return Err(Refused::gone());
    };
    let welcome = ToAgent::Welcome { workspace_id: workspace.id };
    if say(ports, connection, &[welcome]).await == Told::Gone {
        // It is there on another socket, or nowhere.
        machine::leave(ports, workspace.id, connection).await;
        return Ok(());
    }
    // A chat that cannot be written keeps nobody else's calls from the agent.
    let settled = machine::settle(ports, &workspace).await;
    give(ports, connection, agent, &workspace).await?;
    Ok(settled?)
}

fn check(said: &Said) -> Result<(), Rejection> {
    let fields = [("version", &said.version, WORD_BYTES), ("os", &said.os, WORD_BYTES)];
    for (name, text, most) in fields.into_iter().chain([("folder", &said.folder, FOLDER_BYTES)]) {
        if text.is_empty() || text.len() > most || text.chars().any(char::is_control) {
            return Err(Rejection::field(name, format!("must be 1 to {most} bytes")));
        }
    }
    Ok(())
}

fn presence(now: chat::time::Timestamp, connection: &ConnectionId, said: Said) -> Presence {
    let Said { run_id, version, os, folder } = said;
    Presence { connection: connection.clone(), run_id, version, os, folder, since: now }
}

/// Gives an agent every call that is open, chat by chat.
async fn give<P: AgentPorts>(
    ports: &P,
    connection: &ConnectionId,
    agent: Agent,
    workspace: &Workspace,
) -> Result<(), Unavailable> {
    let mut failed = None;
    for chat_id in ports.bound(workspace.id).await? {
        let calls = match open(ports, agent, chat_id).await {
            Ok(calls) => calls,
            Err(error) => {
                tracing::warn!(%chat_id, %error, "an agent is not given a chat's calls");
                failed = Some(error);
                continue;
            }
        };
        if !calls.is_empty() && say(ports, connection, &calls).await == Told::Gone {
            break;
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn open<P: ReadChats>(
    ports: &P,
    agent: Agent,
    chat_id: chat::id::ChatId,
) -> Result<Vec<ToAgent>, Unavailable> {
    // A chat that was bound once may be on another workspace by now, or deleted.
    let found = ports.snapshot(chat_id).await?.filter(|found| token::is_of(agent, &found.chat));
    let Some(found) = found else { return Ok(Vec::new()) };
    let open = found.ledger.iter().filter(|call| {
        call.answerer == Answerer::Workspace
            && token::pending(&found.chat, &found.ledger, &call.token(chat_id)).is_some()
    });
    Ok(open.map(|call| ToAgent::Call(Box::new(AgentCall::of(chat_id, call)))).collect())
}
