//! Calls that bring a chat's machine up or down.

use std::collections::BTreeMap;

use chat::{
    agent::CallToken,
    call::Call,
    id::WorkspaceId,
    limit::WORKSPACES,
    part::ToolCall,
    port::{AskModel, CommitError, HoldWake, Person, Unavailable},
    record::Chat,
    time::Timestamp,
    tool::{CREATE_WORKSPACE, START_WORKSPACE, STOP_WORKSPACE},
    workspace::{NotReady, Phase, Template, Wanted, Wish, Workspace, WorkspaceRefusal, WrongWish},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Step, StepPorts};
use crate::{
    machine::{down, outcome, up},
    route::Said,
};

/// What a call wants of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Create,
    Start,
    Stop,
}

/// How often a workspace is written again because it has moved on.
const TRIES: usize = 5;

/// Returns what is to be done for a call.
///
/// # Errors
/// Nothing is: the answer.
pub(super) fn order(tool_name: &str, workspace: Option<&Workspace>) -> Result<Order, Said> {
    let there = workspace.filter(|workspace| workspace.wanted != Wanted::Gone);
    match (tool_name, there) {
        (CREATE_WORKSPACE, None) => Ok(Order::Create),
        (CREATE_WORKSPACE, Some(there)) => Err(Ok(json!({
            "created": false,
            "workspace_id": there.id,
            "workspace_name": there.name,
            "note": "this chat has a workspace already; start_workspace starts it if need be",
        }))),
        (_, None) => {
            let why = if workspace.is_some() { NotReady::Gone } else { NotReady::None };
            Err(Err(why.to_string()))
        }
        // Its owner's own machine: nobody else takes it down.
        (STOP_WORKSPACE, Some(there)) if there.template_id.is_none() => {
            Err(Err(WorkspaceRefusal::OwnMachine.to_string()))
        }
        (START_WORKSPACE, Some(there)) => up(there).map_or(Ok(Order::Start), |said| Err(Ok(said))),
        (STOP_WORKSPACE, Some(there)) => down(there).map_or(Ok(Order::Stop), |said| Err(Ok(said))),
        (other, Some(_)) => Err(Err(format!("there is no tool named {other}"))),
    }
}

/// Returns the id of the workspace that a call makes: made twice, it is one.
pub(super) fn made_by(token: &CallToken) -> WorkspaceId {
    WorkspaceId(Uuid::new_v5(&token.chat_id.0, token.to_string().as_bytes()))
}

impl<P: StepPorts, M: AskModel, H: HoldWake> Step<'_, P, M, H> {
    /// Has a machine become what a call wants it to be; returns the answer where it is, or cannot be.
    pub(super) async fn bring(&self, chat: &Chat, call: &Call) -> Result<Option<Said>, Unavailable> {
        let ports = &self.worker.ports;
        let tool_name = call.call.tool_name.as_str();
        if tool_name == CREATE_WORKSPACE {
            let id = made_by(&call.token(chat.id));
            let made = match made(chat, &call.call, id, &self.worker.templates, self.now()) {
                Ok(made) => made,
                Err(wrong) => return Ok(Some(Err(wrong.to_string()))),
            };
            if let Err(CommitError::Unavailable(error)) = ports.put_workspace(&made).await {
                return Err(error);
            }
        }
        let Some(id) = chat.workspace_id else { return Ok(Some(Err(NotReady::None.to_string()))) };
        // Whoever brings it up or down finds who waits for that.
        ports.bind(id, chat.id, call.deadline_at).await?;
        let Some(found) = self.workspace_of(chat).await? else {
            return Ok(Some(Err(NotReady::None.to_string())));
        };
        if let Some(said) = outcome_of(tool_name, &found, call) {
            return Ok(Some(said));
        }
        self.want(found, tool_name).await?;
        ports.provision(id).await?;
        Ok(None)
    }

    /// Says why a call may not make a workspace.
    pub(super) async fn may_make(
        &self,
        chat: &Chat,
        call: &ToolCall,
        id: WorkspaceId,
    ) -> Result<Result<(), String>, Unavailable> {
        if let Err(wrong) = made(chat, call, id, &self.worker.templates, self.now()) {
            return Ok(Err(wrong.to_string()));
        }
        let held = self.worker.ports.held(chat.owner_id).await?;
        Ok(if held < WORKSPACES { Ok(()) } else { Err(WorkspaceRefusal::TooMany.to_string()) })
    }

    async fn want(&self, mut workspace: Workspace, tool_name: &str) -> Result<(), Unavailable> {
        let ports = &self.worker.ports;
        for _ in 0..TRIES {
            let Some(changed) = wanted(&workspace, tool_name, self.now()) else { return Ok(()) };
            match ports.put_workspace(&changed).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Unavailable(error)) => return Err(error),
                Err(CommitError::Conflict) => match ports.workspace(workspace.id).await? {
                    Some(found) => workspace = found,
                    None => return Ok(()),
                },
            }
        }
        Err(Unavailable { dependency: "directory", reason: "the workspace is changing too fast".into() })
    }
}

/// A start that failed before the call is tried again; one that failed since is the answer.
fn outcome_of(tool_name: &str, workspace: &Workspace, call: &Call) -> Option<Said> {
    if workspace.wanted == Wanted::Gone {
        return Some(Err(NotReady::Gone.to_string()));
    }
    let before = call.parked_at.is_some_and(|parked_at| workspace.updated_at < parked_at);
    if before && tool_name != CREATE_WORKSPACE {
        return up(workspace).filter(|_| tool_name == START_WORKSPACE).map(Ok);
    }
    outcome(tool_name, workspace)
}

/// Returns the workspace that a call makes.
fn made(
    chat: &Chat,
    call: &ToolCall,
    id: WorkspaceId,
    templates: &[Template],
    now: Timestamp,
) -> Result<Workspace, WrongWish> {
    let text = |name: &str| call.args.get(name).and_then(Value::as_str).map(str::to_owned);
    let given = call.args.get("parameters").and_then(Value::as_object).into_iter().flatten();
    let texts = given.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    let mut wish = Wish {
        template_id: text("template_id").unwrap_or_default(),
        name: text("name"),
        parameters: BTreeMap::new(),
    };
    wish.parameters.extend(texts);
    wish.granted(templates, id, Person { user_id: chat.owner_id, org_id: chat.org_id }, now)
}

/// Returns the workspace as a call wants it; none where it is wanted so already, or was deleted meanwhile.
fn wanted(workspace: &Workspace, tool_name: &str, now: Timestamp) -> Option<Workspace> {
    if workspace.wanted == Wanted::Gone {
        return None;
    }
    let (wanted, phase) = match (tool_name, workspace.phase) {
        (STOP_WORKSPACE, Phase::Failed) => (Wanted::Stopped, Phase::Stopping),
        (STOP_WORKSPACE, phase) => (Wanted::Stopped, phase),
        (_, Phase::Failed | Phase::Stopped) => (Wanted::Running, Phase::Pending),
        (_, phase @ (Phase::Pending | Phase::Starting | Phase::Running | Phase::Stopping)) => {
            (Wanted::Running, phase)
        }
    };
    let is_new = (wanted, phase) != (workspace.wanted, workspace.phase);
    is_new.then(|| Workspace {
        wanted,
        phase,
        failure: None,
        edition: workspace.edition + 1,
        last_used_at: now,
        updated_at: now,
        ..workspace.clone()
    })
}
