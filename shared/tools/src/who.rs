//! Who is given what: the whole map.

use chat::record::{Chat, Mode};

use crate::tool::Tool;

/// A chat, by what it may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// A person's chat.
    Root,
    /// A person's chat that plans.
    PlanRoot,
    /// A chat that another gave a task.
    General,
    /// The same, while it plans.
    PlanGeneral,
    /// A chat that another has look around.
    Explore,
    /// A chat that works a desktop.
    Desktop,
}

impl Who {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 6] =
        [Self::Root, Self::PlanRoot, Self::General, Self::PlanGeneral, Self::Explore, Self::Desktop];

    pub(crate) const fn of(chat: &Chat) -> Self {
        match (chat.mode, chat.parent_chat_id.is_some(), chat.plan_mode) {
            (Mode::Explore, _, _) => Self::Explore,
            (Mode::ComputerUse, _, _) => Self::Desktop,
            (Mode::Default, false, false) => Self::Root,
            (Mode::Default, false, true) => Self::PlanRoot,
            (Mode::Default, true, false) => Self::General,
            (Mode::Default, true, true) => Self::PlanGeneral,
        }
    }
}

/// Returns whether a chat may use a tool.
pub(crate) const fn may(who: Who, tool: Tool) -> bool {
    match who {
        Who::Root => root(tool),
        Who::PlanRoot => plan_root(tool),
        Who::General | Who::Desktop => general(tool),
        Who::PlanGeneral | Who::Explore => explore(tool),
    }
}

const fn root(tool: Tool) -> bool {
    match tool {
        Tool::ReadFile
        | Tool::WriteFile
        | Tool::EditFiles
        | Tool::Execute
        | Tool::ProcessOutput
        | Tool::ProcessList
        | Tool::ProcessSignal
        | Tool::SearchFiles
        | Tool::ReadSkill
        | Tool::ReadSkillFile
        | Tool::ListTemplates
        | Tool::ReadTemplate
        | Tool::CreateWorkspace
        | Tool::StartWorkspace
        | Tool::StopWorkspace
        | Tool::SpawnAgent
        | Tool::WaitAgent
        | Tool::MessageAgent
        | Tool::InterruptAgent
        | Tool::ListAgents => true,
        Tool::ProposePlan | Tool::AskUserQuestion => false,
    }
}

const fn plan_root(tool: Tool) -> bool {
    match tool {
        Tool::ReadFile
        | Tool::WriteFile
        | Tool::EditFiles
        | Tool::Execute
        | Tool::ProcessOutput
        | Tool::SearchFiles
        | Tool::ProposePlan
        | Tool::AskUserQuestion
        | Tool::ReadSkill
        | Tool::ReadSkillFile
        | Tool::ListTemplates
        | Tool::ReadTemplate
        | Tool::CreateWorkspace
        | Tool::StartWorkspace
        | Tool::StopWorkspace
        | Tool::SpawnAgent
        | Tool::WaitAgent
        | Tool::ListAgents => true,
        Tool::ProcessList | Tool::ProcessSignal | Tool::MessageAgent | Tool::InterruptAgent => false,
    }
}

const fn general(tool: Tool) -> bool {
    match tool {
        Tool::ReadFile
        | Tool::WriteFile
        | Tool::EditFiles
        | Tool::Execute
        | Tool::ProcessOutput
        | Tool::ProcessList
        | Tool::ProcessSignal
        | Tool::SearchFiles
        | Tool::ReadSkill
        | Tool::ReadSkillFile => true,
        Tool::ProposePlan
        | Tool::AskUserQuestion
        | Tool::ListTemplates
        | Tool::ReadTemplate
        | Tool::CreateWorkspace
        | Tool::StartWorkspace
        | Tool::StopWorkspace
        | Tool::SpawnAgent
        | Tool::WaitAgent
        | Tool::MessageAgent
        | Tool::InterruptAgent
        | Tool::ListAgents => false,
    }
}

const fn explore(tool: Tool) -> bool {
    match tool {
        Tool::ReadFile
        | Tool::Execute
        | Tool::ProcessOutput
        | Tool::SearchFiles
        | Tool::ReadSkill
        | Tool::ReadSkillFile => true,
        Tool::WriteFile
        | Tool::EditFiles
        | Tool::ProcessList
        | Tool::ProcessSignal
        | Tool::ProposePlan
        | Tool::AskUserQuestion
        | Tool::ListTemplates
        | Tool::ReadTemplate
        | Tool::CreateWorkspace
        | Tool::StartWorkspace
        | Tool::StopWorkspace
        | Tool::SpawnAgent
        | Tool::WaitAgent
        | Tool::MessageAgent
        | Tool::InterruptAgent
        | Tool::ListAgents => false,
    }
}
