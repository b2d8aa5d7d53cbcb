//! What a model may call, and who answers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    call::Answerer,
    id::{ChatId, ModelId},
    model::{Effort, ToolSpec},
    part::ToolCall,
    record::{Chat, Spec},
};

/// The tools of a deployment: pure, so that a step may ask as often as it likes.
pub trait Toolbox: Send + Sync + std::fmt::Debug {
    /// Returns what the model is offered in a chat as it stands, besides the tools of its clients, in an order that does
    /// not change between steps.
    fn offer(&self, chat: &Chat, spec: &Spec) -> Vec<Arc<ToolSpec>>;
    /// Returns who answers a call of a tool that the chat is offered, or why nobody does. None: it is none of these.
    fn route(&self, chat: &Chat, spec: &Spec, call: &ToolCall) -> Option<Route>;
}

/// The tool that makes a child of a chat.
pub const SPAWN_AGENT: &str = "spawn_agent";
/// The tool that makes a chat's workspace.
pub const CREATE_WORKSPACE: &str = "create_workspace";
/// The tool that brings a chat's workspace up.
pub const START_WORKSPACE: &str = "start_workspace";
/// The tool that takes a chat's workspace down.
pub const STOP_WORKSPACE: &str = "stop_workspace";

/// Returns where a chat that plans writes its plan, from the workspace's folder.
#[must_use]
pub fn plan_path(chat_id: ChatId) -> String {
    format!(".quickstep/plans/{chat_id}.md")
}

/// Who answers a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Route {
    /// The step, in the same invocation.
    Here(Local),
    /// Somebody else; the chat is parked until then.
    Away(Away),
    /// Nobody: what the model is told.
    Refused(String),
}

/// A call that leaves the step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Away {
    /// Who answers.
    pub answerer: Answerer,
    /// How long that may take.
    pub patience_ms: u64,
    /// What becomes of it when nobody can say whether it ran.
    pub if_lost: IfLost,
    /// Whether the turn is over once it has succeeded.
    pub ends_turn: bool,
}

/// What becomes of a call when nobody can say whether it ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfLost {
    /// The model is told that it is not known.
    #[default]
    Report,
    /// The model is told that it is not known, and to ask the person before it tries again.
    Ask,
    /// It is run again: twice is as good as once.
    Retry,
}

/// A call that a step answers itself, with its arguments read. What it does is named after the call, so that doing it
/// again does nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Local {
    /// A child chat is made and works on its own.
    SpawnAgent(SpawnAgent),
    /// A child chat is told something.
    MessageAgent {
        /// Which.
        chat_id: ChatId,
        /// What.
        message: String,
        /// Whether its running turn ends first.
        interrupt: bool,
    },
    /// A child chat's running turn ends.
    InterruptAgent {
        /// Which.
        chat_id: ChatId,
    },
    /// Children are listed, newest first.
    ListAgents {
        /// How many, 1 to 50.
        limit: usize,
        /// How many are passed over.
        offset: usize,
    },
    /// Templates of workspaces are listed.
    ListTemplates {
        /// What their name or description holds.
        query: Option<String>,
        /// Which page, from 1.
        page: usize,
    },
    /// A template is described.
    ReadTemplate {
        /// Which.
        template_id: String,
    },
    /// A person is asked; the answer is the next message.
    AskUserQuestion {
        /// The questions as they were checked.
        questions: Value,
    },
}

impl Local {
    /// Returns whether the turn is over once it has succeeded.
    #[must_use]
    pub const fn ends_turn(&self) -> bool {
        match self {
            Self::AskUserQuestion { .. } => true,
            Self::SpawnAgent(_)
            | Self::MessageAgent { .. }
            | Self::InterruptAgent { .. }
            | Self::ListAgents { .. }
            | Self::ListTemplates { .. }
            | Self::ReadTemplate { .. } => false,
        }
    }
}

/// A child chat to make.
#[derive(Clone, Debug, PartialEq)]
pub struct SpawnAgent {
    /// What it may do.
    pub kind: AgentKind,
    /// Its task.
    pub prompt: String,
    /// What it is called; the task's first line where nothing is said.
    pub title: Option<String>,
    /// The model that answers; the deployment's choice where nothing is said.
    pub model_id: Option<ModelId>,
    /// How hard it thinks.
    pub reasoning_effort: Option<Effort>,
}

/// What a child chat may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentKind {
    /// Whatever its parent may, but for making more of them.
    General,
    /// Read and look.
    Explore,
}
