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
};

use args::Args;
use tool::{Ask, Tool};
use who::Who;

/// Every tool that there is, as models see them.
#[derive(Clone, Debug)]
pub struct Tools {
    specs: Vec<(Tool, Arc<ToolSpec>)>,
}

impl Default for Tools {
    fn default() -> Self {
        Self { specs: Tool::ALL.iter().map(|tool| (*tool, Arc::new(tool.definition().spec()))).collect() }
    }
}

impl Toolbox for Tools {
    fn offer(&self, chat: &Chat, spec: &Spec) -> Vec<Arc<ToolSpec>> {
        let given = self.specs.iter().filter(|(tool, _)| is_given(*tool, chat, spec));
        given.map(|(_, spec)| Arc::clone(spec)).collect()
    }

    fn route(&self, chat: &Chat, spec: &Spec, call: &ToolCall) -> Option<Route> {
        let tool = Tool::named(&call.tool_name).filter(|tool| is_given(*tool, chat, spec))?;
        let definition = tool.definition();
        let routed = Args::read(definition.fields, &call.args)
            .and_then(|args| refuse::refused(tool, chat, &args).map_or(Ok(args), Err))
            .and_then(|args| (definition.route)(&Ask { chat, args }));
        Some(routed.unwrap_or_else(Route::Refused))
    }
}

/// Whether a chat is given a tool as it stands.
fn is_given(tool: Tool, chat: &Chat, spec: &Spec) -> bool {
    let has_skills = spec.context.as_ref().is_some_and(|context| !context.report.skills.is_empty());
    who::may(Who::of(chat), tool) && (has_skills || !tool.reads_skills())
}

#[cfg(test)]
mod tests;
