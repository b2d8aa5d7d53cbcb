//! The tools, in the order in which models see them.

mod ask_user_question;
mod create_workspace;
mod edit_files;
mod execute;
mod interrupt_agent;
mod list_agents;
mod list_templates;
mod message_agent;
mod process_list;
mod process_output;
mod process_signal;
mod propose_plan;
mod read_file;
mod read_skill;
mod read_skill_file;
mod read_template;
mod search_files;
mod spawn_agent;
mod start_workspace;
mod stop_workspace;
mod wait_agent;
mod write_file;

use chat::{
    call::Answerer,
    model::ToolSpec,
    record::Chat,
    tool::{Away, IfLost, Route},
};

use crate::{
    args::Args,
    field::{Field, schema},
};

/// How long a call in a workspace may take that does not say how long.
const WORKSPACE_MS: u64 = 60_000;
/// What a call is given beyond the time that it asks for itself.
const GRACE_MS: u64 = 30_000;

/// A tool, as it is written down.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) fields: &'static [Field],
    pub(crate) route: fn(&Ask<'_>) -> Result<Route, String>,
}

/// A call of a tool, with its arguments checked.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) chat: &'a Chat,
    pub(crate) args: Args<'a>,
}

impl Definition {
    pub(crate) fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: self.name.to_owned(),
            description: Some(self.about.to_owned()),
            input_schema: schema(self.fields),
        }
    }
}

macro_rules! tools {
    ($($tool:ident => $file:ident),+ $(,)?) => {
        /// A tool.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Tool { $($tool),+ }

        impl Tool {
            /// Every tool, in the order in which models see them: a prompt's cache begins with them.
            pub(crate) const ALL: [Self; [$(stringify!($tool)),+].len()] = [$(Self::$tool),+];

            pub(crate) const fn definition(self) -> &'static Definition {
                match self { $(Self::$tool => &$file::TOOL),+ }
            }
        }
    };
}

tools! {
    ReadFile => read_file,
    WriteFile => write_file,
    EditFiles => edit_files,
    SearchFiles => search_files,
    Execute => execute,
    ProcessOutput => process_output,
    ProcessList => process_list,
    ProcessSignal => process_signal,
    ProposePlan => propose_plan,
    AskUserQuestion => ask_user_question,
    ListTemplates => list_templates,
    ReadTemplate => read_template,
    CreateWorkspace => create_workspace,
    StartWorkspace => start_workspace,
    StopWorkspace => stop_workspace,
    SpawnAgent => spawn_agent,
    WaitAgent => wait_agent,
    MessageAgent => message_agent,
    InterruptAgent => interrupt_agent,
    ListAgents => list_agents,
    ReadSkill => read_skill,
    ReadSkillFile => read_skill_file,
}

impl Tool {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        self.definition().name
    }

    /// Returns what must be there for it to work.
    pub(crate) const fn needs(self) -> Needs {
        match self {
            Self::ReadFile
            | Self::WriteFile
            | Self::EditFiles
            | Self::SearchFiles
            | Self::Execute
            | Self::ProcessOutput
            | Self::ProcessList
            | Self::ProcessSignal
            | Self::ProposePlan
            | Self::StartWorkspace
            | Self::StopWorkspace => Needs::Workspace,
            Self::ListTemplates | Self::ReadTemplate | Self::CreateWorkspace => Needs::Templates,
            Self::ReadSkill | Self::ReadSkillFile => Needs::Skills,
            Self::AskUserQuestion
            | Self::SpawnAgent
            | Self::WaitAgent
            | Self::MessageAgent
            | Self::InterruptAgent
            | Self::ListAgents => Needs::Nothing,
        }
    }
}

/// What must be there for a tool to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing else.
    Nothing,
    /// A workspace, or a way to one.
    Workspace,
    /// Skills that the chat knows of.
    Skills,
    /// Templates to make workspaces from.
    Templates,
}

/// A call for the agent in the workspace.
const fn workspace(patience_ms: u64, if_lost: IfLost) -> Route {
    Route::Away(Away { answerer: Answerer::Workspace, patience_ms, if_lost, ends_turn: false })
}

/// A call for whoever brings machines up or down.
const fn machine(patience_ms: u64) -> Route {
    Route::Away(Away { answerer: Answerer::Machine, patience_ms, if_lost: IfLost::Retry, ends_turn: false })
}
