//! Machines: how what is known of them changes, and who is answered when they have become what they were wanted to be.

use chat::{
    Change,
    call::{Answerer, OpenCall},
    id::{ChatId, ConnectionId, WorkspaceId},
    part::ToolResult,
    port::{
        BindChats, Clock, CommitChats, CommitError, KeepWorkspaces, ReadChats, ReadReceipts, ReadWorkspaces,
        Unavailable,
    },
    record::Chat,
    tool::STOP_WORKSPACE,
    transition::{Refusal, Transition},
    workspace::{NotReady, Phase, Wanted, Workspace},
};
use serde_json::{Value, json};

use crate::{CommitFailure, announce, commit, ports::Announce, route::Said};

/// How often a workspace is written again because it had moved on.
const TRIES: usize = 10;
/// How old the last use may be before a new one is noted: each costs a write.
const USE_MS: u64 = 5 * 60_000;

/// Changes a workspace and returns it as it is then; what `decide` leaves as it was is not written. None: there is none, or
/// `decide` says so.
///
/// # Errors
/// The directory.
pub async fn update<P: ReadWorkspaces + KeepWorkspaces + Clock>(
    ports: &P,
    id: WorkspaceId,
    decide: impl Fn(Workspace) -> Option<Workspace> + Send + Sync,
) -> Result<Option<Workspace>, Unavailable> {
    for _ in 0..TRIES {
        let Some(found) = ports.workspace(id).await? else { return Ok(None) };
        let Some(mut changed) = decide(found.clone()) else { return Ok(None) };
        if changed == found {
            return Ok(Some(found));
        }
        changed.edition = found.edition + 1;
        changed.updated_at = ports.now();
        match ports.put_workspace(&changed).await {
            Ok(()) => return Ok(Some(changed)),
            Err(CommitError::Conflict) => {}
            Err(CommitError::Unavailable(error)) => return Err(error),
        }
    }
    Err(Unavailable { dependency: "the directory", reason: "a workspace is changing too fast".into() })
}

/// Notes that a workspace is in use; coarse. Nobody waits for it, and the next use is noted as well.
pub async fn note_use<P: ReadWorkspaces + KeepWorkspaces + Clock>(ports: &P, id: WorkspaceId) {
    let now = ports.now();
    let noted = update(ports, id, |workspace| {
        let last_used_at = match now.since_ms(workspace.last_used_at) {
            0..USE_MS => workspace.last_used_at,
            _ => now,
        };
        Some(Workspace { last_used_at, ..workspace })
    });
    if let Err(error) = noted.await {
        tracing::warn!(%id, %error, "use of a workspace not noted");
    }
}

/// Notes that a workspace has no agent now, unless another socket is its agent's by now.
pub async fn leave<P: ReadWorkspaces + KeepWorkspaces + Clock>(
    ports: &P,
    id: WorkspaceId,
    connection: &ConnectionId,
) {
    let left = update(ports, id, |mut workspace| {
        workspace.agent = workspace.agent.filter(|present| present.connection != *connection);
        Some(workspace)
    });
    if let Err(error) = left.await {
        tracing::warn!(%id, %error, "an agent that left is not noted");
    }
}

/// Answers the chats that wait for a machine to be what it is now, or that wait for what will not be. Doing it again does
/// nothing.
///
/// # Errors
/// Some chat could not be written; the others were.
pub async fn settle<P>(ports: &P, workspace: &Workspace) -> Result<(), Unavailable>
where
    P: ReadChats + CommitChats + ReadReceipts + BindChats + Announce + Clock,
{
    answer_all(ports, workspace, &|tool_name| outcome(tool_name, workspace)).await
}

/// Answers the chats that wait for a machine that nobody here brings up or down.
///
/// # Errors
/// As [`settle`].
pub async fn refuse<P>(ports: &P, workspace: &Workspace, why: &str) -> Result<(), Unavailable>
where
    P: ReadChats + CommitChats + ReadReceipts + BindChats + Announce + Clock,
{
    answer_all(ports, workspace, &|_| Some(Err(why.to_owned()))).await
}

type Say<'a> = &'a (dyn Fn(&str) -> Option<Said> + Send + Sync);

async fn answer_all<P>(ports: &P, workspace: &Workspace, say: Say<'_>) -> Result<(), Unavailable>
where
    P: ReadChats + CommitChats + ReadReceipts + BindChats + Announce + Clock,
{
    let mut failed = None;
    for chat_id in ports.bound(workspace.id).await? {
        if let Err(error) = answer(ports, workspace, chat_id, say).await {
            tracing::warn!(%chat_id, %error, "a chat that waits for its machine is not answered");
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn answer<P>(ports: &P, workspace: &Workspace, chat_id: ChatId, say: Say<'_>) -> Result<(), Unavailable>
where
    P: ReadChats + CommitChats + ReadReceipts + Announce + Clock,
{
    let Some(found) = ports.snapshot(chat_id).await? else { return Ok(()) };
    if results(&found.chat, workspace, say).is_empty() {
        return Ok(());
    }
    let committed = commit(ports, chat_id, None, |draft| {
        let results = draft.chat().map(|chat| results(chat, workspace, say)).unwrap_or_default();
        if results.is_empty() {
            return Err(Refusal::Overtaken);
        }
        draft.apply(Transition::Answer { by: Answerer::Machine, results })
    })
    .await;
    told(ports, committed).await
}

/// Announces what was committed. What was refused is not needed any more: somebody else was quicker.
pub(crate) async fn told<P: Announce + Clock>(
    ports: &P,
    committed: Result<Change, CommitFailure>,
) -> Result<(), Unavailable> {
    match committed {
        Ok(change) => {
            announce(ports, &change).await;
            Ok(())
        }
        Err(CommitFailure::Missing | CommitFailure::Refused(_)) => Ok(()),
        Err(CommitFailure::Unavailable(error)) => Err(error),
        Err(CommitFailure::Contended | CommitFailure::Replayed(_) | CommitFailure::Mismatch) => {
            Err(Unavailable { dependency: "the chat", reason: "it is changing too fast".into() })
        }
    }
}

fn results(chat: &Chat, workspace: &Workspace, say: Say<'_>) -> Vec<ToolResult> {
    let is_its = chat.owner_id == workspace.person.user_id && chat.workspace_id == Some(workspace.id);
    let waits = |call: &&OpenCall| {
        is_its && call.answerer == Answerer::Machine && !call.answered && call.deadline_at.is_some()
    };
    let calls = chat.calls.iter().filter(waits);
    calls.filter_map(|call| say(&call.tool_name).map(|said| result(call, said))).collect()
}

fn result(call: &OpenCall, said: Said) -> ToolResult {
    let is_error = said.is_err();
    ToolResult {
        tool_call_id: call.id.clone(),
        tool_name: call.tool_name.clone(),
        result: said.unwrap_or_else(|why| json!({ "error": why })),
        is_error,
        provider_executed: false,
        outcome: None,
    }
}

/// Returns the answer to a call that waits for a machine; none while it is on its way.
pub(crate) fn outcome(tool_name: &str, workspace: &Workspace) -> Option<Said> {
    let stops = tool_name == STOP_WORKSPACE;
    match (stops, workspace.wanted, workspace.phase) {
        (_, Wanted::Gone, _) => Some(Err(NotReady::Gone.to_string())),
        (_, _, Phase::Failed) => {
            let why = workspace.failure.as_deref().unwrap_or("no reason is known");
            let verb = if stops { "stopped" } else { "started" };
            Some(Err(format!("the workspace could not be {verb}: {why}")))
        }
        (true, ..) => down(workspace).map(Ok),
        (false, Wanted::Stopped, _) => Some(Err(NotReady::Stopped.to_string())),
        (false, Wanted::Running, _) => up(workspace).map(Ok),
    }
}

/// Returns what is said of a machine that is up.
pub(crate) fn up(workspace: &Workspace) -> Option<Value> {
    let agent = workspace.ready().ok()?;
    Some(json!({
        "started": true,
        "workspace_id": workspace.id,
        "workspace_name": workspace.name,
        "os": agent.os,
        "folder": agent.folder,
    }))
}

/// Returns what is said of a machine that is down.
pub(crate) fn down(workspace: &Workspace) -> Option<Value> {
    let is_down = (workspace.wanted, workspace.phase) == (Wanted::Stopped, Phase::Stopped);
    is_down
        .then(|| json!({ "stopped": true, "workspace_id": workspace.id, "workspace_name": workspace.name }))
}
