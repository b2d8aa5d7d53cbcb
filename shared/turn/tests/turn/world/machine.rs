//! A workspace, and the agent on it.

use chat::{
    agent::{AgentCall, CallToken, Report, ToAgent},
    call::Answerer,
    id::{ConnectionId, WorkspaceId},
    part::ToolResult,
    port::KeepReports as _,
    transition::{Describe, Transition},
    workspace::{Phase, Presence, Wanted, Workspace},
};
use kit::seed;
use serde_json::Value;
use turn::CommitFailure;
use uuid::Uuid;

use super::World;

const AGENT: &str = "agent";
pub(crate) const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(0x77));

impl World {
    fn workspace(&self) -> Workspace {
        let now = self.now();
        let agent = Presence {
            connection: ConnectionId::from(AGENT),
            run_id: Uuid::from_u128(0x78),
            version: "1".into(),
            os: "linux".into(),
            folder: "/w".into(),
            since: now,
        };
        Workspace {
            id: WORKSPACE,
            person: seed::person(),
            name: "mine".into(),
            template_id: None,
            parameters: Default::default(),
            wanted: Wanted::Running,
            phase: Phase::Running,
            machine: None,
            agent: Some(agent),
            failure: None,
            context_digest: None,
            edition: 1,
            last_used_at: now,
            created_at: now,
            updated_at: now,
        }
    }

    /// Gives the chat a workspace, whose agent is connected unless `change` says otherwise.
    pub(crate) async fn settle_in(&self, change: impl Fn(&mut Workspace)) {
        let mut workspace = self.workspace();
        change(&mut workspace);
        self.ports.directory.seed_workspace(workspace);
        let bound = Describe { workspace_id: Some(Some(WORKSPACE)), ..Describe::default() };
        self.apply(Transition::Describe(bound)).await;
    }

    /// Has the agent say how to work there, as its function would.
    pub(crate) async fn reports(&self, report: Report) {
        self.ports.directory.put_report(WORKSPACE, &report, self.now()).await.unwrap();
        turn::context::reported(&self.ports, WORKSPACE, report.context_digest()).await.unwrap();
        self.queue.poke();
    }

    /// Has the agent of a workspace that somebody made say hello.
    pub(crate) fn comes_up(&self, id: WorkspaceId, edition: u64) {
        let workspace = Workspace { id, edition, ..self.workspace() };
        self.ports.directory.seed_workspace(workspace);
    }

    /// Returns the calls that the agent was sent since this was last asked.
    pub(crate) fn sent(&self) -> Vec<AgentCall> {
        self.told_agent()
            .into_iter()
            .filter_map(|told| match told {
                ToAgent::Call(call) => Some(*call),
                ToAgent::Welcome { .. }
                | ToAgent::Acknowledged { .. }
                | ToAgent::Cancelled { .. }
                | ToAgent::Pong {}
                | ToAgent::Refused { .. } => None,
            })
            .collect()
    }

    /// Returns the calls that the agent was told to stop since it was last asked what it was told.
    pub(crate) fn cancelled(&self) -> Vec<CallToken> {
        let tokens = |told| if let ToAgent::Cancelled { tokens } = told { tokens } else { Vec::new() };
        self.told_agent().into_iter().flat_map(tokens).collect()
    }

    fn told_agent(&self) -> Vec<ToAgent> {
        let frames = self.ports.sockets.take_frames(&ConnectionId::from(AGENT));
        frames.iter().flat_map(|frame| serde_json::from_str::<Vec<ToAgent>>(frame).unwrap()).collect()
    }

    /// Answers a call as the agent's function would.
    pub(crate) async fn agent_says(
        &self,
        call: &AgentCall,
        result: Value,
        is_error: bool,
    ) -> Result<(), CommitFailure> {
        let result = ToolResult {
            tool_call_id: call.token.call_id.clone(),
            tool_name: call.tool_name.clone(),
            result,
            is_error,
            provider_executed: false,
            outcome: None,
        };
        let answer = || Transition::Answer { by: Answerer::Workspace, results: vec![result.clone()] };
        self.commit(|draft| draft.apply(answer())).await.map(drop)
    }

    /// Waits until nobody works and the chat waits for somebody.
    pub(crate) async fn until_parked(&self) {
        self.until(|chat| chat.is_parked() && self.queue.is_idle()).await;
    }
}
