//! What a chat's state forbids, whatever its tools are.

use chat::{record::Chat, tool::plan_path};

use crate::{args::Args, tool::Tool};

/// Returns why a call is not made; none where nothing forbids it. A chat that plans writes its plan and nothing else.
pub(crate) fn refused(tool: Tool, chat: &Chat, args: &Args<'_>) -> Option<String> {
    if !chat.plan_mode {
        return None;
    }
    let plan = plan_path(chat.id);
    let written: Vec<&str> = match tool {
        Tool::WriteFile | Tool::ProposePlan => args.text("path").into_iter().collect(),
        Tool::EditFiles => args.each("files", "path").collect(),
        Tool::ReadFile
        | Tool::Execute
        | Tool::ProcessOutput
        | Tool::ProcessList
        | Tool::ProcessSignal
        | Tool::SearchFiles
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
        | Tool::MessageAgent
        | Tool::InterruptAgent
        | Tool::ListAgents => return None,
    };
    let other = written.into_iter().find(|path| *path != plan)?;
    Some(format!("in plan mode only the plan may be written; its path is {plan}, not {other}"))
}
