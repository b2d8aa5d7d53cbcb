//! `report`: what of the machine concerns chats has changed.

use chat::{
    agent::Report,
    limit::{DIFF_BYTES, DIFF_FILES, INSTRUCTION_BYTES},
    port::{Agent, Kept},
    time::Timestamp,
    wake::{Look, PullWake},
};
use edge::Rejection;

use crate::{AgentPorts, refused::Refused};

/// Instruction files of one machine.
const FILES: usize = 64;
/// Skills of one machine.
const SKILLS: usize = 256;
/// Longest path, name, description, branch and address.
const TEXT_BYTES: usize = 4_096;

/// Keeps it, tells the chats that keep another one, and has somebody look at the working tree. A clock that is ahead must not
/// make what is said later look old, so nothing was seen later than now.
pub(crate) async fn run<P: AgentPorts>(
    ports: &P,
    agent: Agent,
    report: &Report,
    seen_at: Timestamp,
) -> Result<(), Refused> {
    check(report)?;
    let (id, now) = (agent.workspace_id, ports.now());
    let seen_at = if seen_at == Timestamp::default() { now } else { seen_at.min(now) };
    if ports.put_report(id, report, seen_at).await? == Kept::Overtaken {
        return Ok(());
    }
    ports.look(&PullWake::new(id, Look::Wanted), 0).await?;
    Ok(turn::context::reported(ports, id, report.context_digest()).await?)
}

/// What people and models are shown later is bounded where it comes in.
fn check(report: &Report) -> Result<(), Rejection> {
    let Report { instructions, skills, git } = report;
    let texts = instructions.iter().map(|file| &file.path);
    let texts = texts.chain(skills.iter().flat_map(|skill| [&skill.name, &skill.description, &skill.dir]));
    let names = git.iter().flat_map(|git| git.files.iter().map(|file| &file.path));
    let mut texts =
        texts.chain(names).chain(git.iter().flat_map(|git| [&git.branch, &git.remote, &git.pushed]));
    let fits = instructions.len() <= FILES
        && skills.len() <= SKILLS
        && texts.all(|text| text.len() <= TEXT_BYTES)
        && instructions.iter().all(|file| file.content.len() <= INSTRUCTION_BYTES)
        && git.iter().all(|git| git.diff.len() <= DIFF_BYTES && git.files.len() <= DIFF_FILES);
    if fits { Ok(()) } else { Err(Rejection::field("report", "has more or longer texts than it may")) }
}
