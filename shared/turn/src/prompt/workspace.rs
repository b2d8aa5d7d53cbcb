//! What a workspace says of how to work there, as models are told it.

use std::fmt::Write as _;

use chat::{
    agent::{InstructionFile, SkillMeta},
    model::ModelConfig,
    workspace::Context,
};

use super::cut;

/// What stands before instruction files.
const FILES: &str = "These files of the workspace say how to work there; follow them. They stand outermost folder first: \
                     where they disagree, the later one counts, and what the person says counts more than any.";

/// What stands before skills.
const SKILLS: &str = "The workspace has skills, instructions for certain tasks. Before you do what one of them is for, read it \
                      with read_skill:";

/// Returns where the tools work and what the instruction files say, cut to what one thing may take of the window.
pub(super) fn instructions(context: &Context, model: &ModelConfig) -> Option<String> {
    let Context { os, folder, report, .. } = context;
    let mut said = String::new();
    if !os.is_empty() {
        let _ = write!(said, "The workspace runs {os}; relative paths begin in {folder}.");
    }
    if !report.instructions.is_empty() {
        let gap = if said.is_empty() { "" } else { "\n\n" };
        let _ = write!(said, "{gap}{FILES}");
        report.instructions.iter().for_each(|file| tell(file, &mut said));
    }
    (!said.is_empty()).then(|| chat::part::cut(&said, cut::budget_bytes(model.context_limit)))
}

fn tell(InstructionFile { path, content, truncated }: &InstructionFile, said: &mut String) {
    let content = content.trim_end();
    let rest = if *truncated { "\n[the rest of this file is left out here; read_file shows it]" } else { "" };
    let _ = write!(said, "\n\n<file path=\"{path}\">\n{content}{rest}\n</file>");
}

/// Returns which skills there are; what they say is read on demand.
pub(super) fn skills(context: &Context) -> Option<String> {
    let skills = &context.report.skills;
    let lines = skills.iter().map(|SkillMeta { name, description, .. }| format!("\n- {name}: {description}"));
    (!skills.is_empty()).then(|| format!("{SKILLS}{}", lines.collect::<String>()))
}
