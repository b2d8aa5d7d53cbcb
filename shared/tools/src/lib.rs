#![doc = include_str!("../README.md")]

mod args;
mod duration;
mod field;
mod refuse;
mod tool;
mod who;

use std::sync::Arc;

use chat::{
    model::ToolSpec,
    part::ToolCall,
    record::{Chat, Spec},
    tool::{Route, Toolbox},
    workspace::Template,
};

use args::Args;
use tool::{Ask, Needs, Tool};
use who::Who;

/// Every tool that there is, as models see them.
#[derive(Clone, Debug)]
pub struct Tools {
    specs: Vec<(Tool, Arc<ToolSpec>)>,
    machines: Machines,
}

/// Where a deployment's chats get workspaces from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Machines {
    /// They may have some made.
    Made,
    /// They have those that people give them.
    Given,
}

impl Tools {
    /// Returns the tools of a deployment whose workspaces are made from these templates.
    #[must_use]
    pub fn of(templates: &[Template]) -> Self {
        let machines = if templates.is_empty() { Machines::Given } else { Machines::Made };
        let specs = Tool::ALL.iter().map(|tool| (*tool, Arc::new(tool.definition().spec())));
        Self { specs: specs.collect(), machines }
    }

    /// Whether a chat is given a tool as it stands: it may use it, and it can work.
    fn is_given(&self, tool: Tool, chat: &Chat, spec: &Spec) -> bool {
        let who = Who::of(chat);
        let makes_one = self.machines == Machines::Made && who::may(who, Tool::CreateWorkspace);
        let can_work = match tool.needs() {
            Needs::Nothing => true,
            // Where one can be made, its tools are there before it is: a prompt's cache begins with them.
            Needs::Workspace => chat.workspace_id.is_some() || makes_one,
            Needs::Skills => spec.context_of(chat).is_some_and(|context| !context.report.skills.is_empty()),
            Needs::Templates => makes_one,
        };
        who::may(who, tool) && can_work
    }
}

impl Toolbox for Tools {
    fn offer(&self, chat: &Chat, spec: &Spec) -> Vec<Arc<ToolSpec>> {
        let given = self.specs.iter().filter(|(tool, _)| self.is_given(*tool, chat, spec));
        given.map(|(_, spec)| Arc::clone(spec)).collect()
    }

    fn route(&self, chat: &Chat, spec: &Spec, call: &ToolCall) -> Option<Route> {
        let tool = Tool::named(&call.tool_name).filter(|tool| self.is_given(*tool, chat, spec))?;
        let definition = tool.definition();
        let routed = Args::read(definition.fields, &call.args)
            .and_then(|args| refuse::refused(tool, chat, &args).map_or(Ok(args), Err))
            .and_then(|args| (definition.route)(&Ask { chat, args }));
        Some(routed.unwrap_or_else(Route::Refused))
    }
}

#[cfg(test)]
mod tests;
