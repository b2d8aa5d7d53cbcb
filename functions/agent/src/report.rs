//! `report`: what of the machine concerns chats has changed.

use chat::{
    agent::Report,
    limit::{DIFF_BYTES, INSTRUCTION_BYTES},
    port::Agent,
};
use edge::Rejection;

use crate::{AgentPorts, refused::Refused};

/// Instruction files of one machine.
const FILES: usize = 64;
/// Skills of one machine.
const SKILLS: usize = 256;
/// Longest path, name, description, branch and address.
const TEXT_BYTES: usize = 4_096;

/// Keeps it, and tells the chats that keep another one.
pub(crate) async fn run<P: AgentPorts>(ports: &P, agent: Agent, report: &Report) -> Result<(), Refused> {
    check(report)?;
    ports.put_report(agent.workspace_id, report).await?;
    Ok(turn::context::reported(ports, agent.workspace_id, report.context_digest()).await?)
}

/// What people and models are shown later is bounded where it comes in.
fn check(report: &Report) -> Result<(), Rejection> {
    let Report { instructions, skills, git } = report;
    let texts = instructions.iter().map(|file| &file.path);
    let texts = texts.chain(skills.iter().flat_map(|skill| [&skill.name, &skill.description, &skill.dir]));
    let mut texts = texts.chain(git.iter().flat_map(|git| [&git.branch, &git.remote]));
    let fits = instructions.len() <= FILES
        && skills.len() <= SKILLS
        && texts.all(|text| text.len() <= TEXT_BYTES)
        && instructions.iter().all(|file| file.content.len() <= INSTRUCTION_BYTES)
        && git.iter().all(|git| git.diff.len() <= DIFF_BYTES);
    if fits { Ok(()) } else { Err(Rejection::field("report", "has more or longer texts than it may")) }
}
