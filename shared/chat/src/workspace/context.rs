//! What a workspace says of how to work there, and what a chat keeps of that.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Workspace;
use crate::{
    agent::{InstructionFile, Report, SkillMeta},
    id::WorkspaceId,
    limit::{INSTRUCTION_BYTES, INSTRUCTION_FILES, SKILLS},
    part::Part,
    time::Timestamp,
};

/// What a workspace says of how to work there, as a chat keeps it: prompts need no live machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The machine's system, such as `linux`; empty where that is not known.
    pub os: String,
    /// Where relative paths begin; empty where that is not known.
    pub folder: String,
    /// Its instructions and skills, without the state of its working tree.
    pub report: Report,
}

impl Context {
    /// Returns what a chat keeps of a report: the nearest instruction files, each as long as it may be, and the skills.
    #[must_use]
    pub fn of(workspace: &Workspace, report: Report) -> Self {
        let (os, folder) = match &workspace.agent {
            Some(agent) => (agent.os.clone(), agent.folder.clone()),
            None => (String::new(), String::new()),
        };
        let Report { mut instructions, mut skills, git: _ } = report;
        instructions.drain(..instructions.len().saturating_sub(INSTRUCTION_FILES));
        instructions.iter_mut().for_each(cut);
        skills.truncate(SKILLS);
        Self { workspace_id: workspace.id, os, folder, report: Report { instructions, skills, git: None } }
    }

    /// Returns what it is made of, as people see it.
    #[must_use]
    pub fn resources(&self) -> Vec<Part> {
        let Report { instructions, skills, git: _ } = &self.report;
        let files = instructions.iter().map(|InstructionFile { path, truncated, .. }| Part::ContextFile {
            path: path.clone(),
            truncated: *truncated,
        });
        let skills = skills.iter().map(|SkillMeta { name, description, .. }| Part::Skill {
            name: name.clone(),
            description: Some(description.clone()).filter(|description| !description.is_empty()),
        });
        files.chain(skills).collect()
    }
}

fn cut(file: &mut InstructionFile) {
    if file.content.len() > INSTRUCTION_BYTES {
        file.content.truncate(file.content.floor_char_boundary(INSTRUCTION_BYTES));
        file.truncated = true;
    }
}

impl Report {
    /// Returns a digest of its instructions and skills: two reports with the same one say the same of how to work.
    #[must_use]
    pub fn context_digest(&self) -> Uuid {
        let said = serde_json::to_vec(&(&self.instructions, &self.skills)).unwrap_or_default();
        Uuid::new_v5(&Uuid::nil(), &said)
    }
}

/// Which word of a workspace a chat keeps, and whether that is still its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The workspace.
    #[serde(rename = "w")]
    pub workspace_id: WorkspaceId,
    /// The digest of what it said.
    #[serde(rename = "d")]
    pub digest: Uuid,
    /// When the chat took it.
    #[serde(rename = "p")]
    pub pinned_at: Timestamp,
    /// Since when the workspace has said something else.
    #[serde(default, rename = "s", skip_serializing_if = "Option::is_none")]
    pub dirty_since: Option<Timestamp>,
}

impl Pin {
    /// Returns it as it is once its workspace has said something of this digest.
    #[must_use]
    pub fn beside(self, digest: Uuid, now: Timestamp) -> Self {
        let is_other = self.digest != digest;
        Self { dirty_since: is_other.then(|| self.dirty_since.unwrap_or(now)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, content: &str) -> InstructionFile {
        InstructionFile { path: path.into(), content: content.into(), truncated: false }
    }

    #[test]
    fn a_pin_is_dirty_from_the_first_other_word_until_the_old_one_is_back() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let workspace_id = WorkspaceId(Uuid::nil());
        let pin = Pin { workspace_id, digest: one, pinned_at: Timestamp(5), dirty_since: None };
        let dirty = pin.beside(other, Timestamp(7));
        assert_eq!(dirty.dirty_since, Some(Timestamp(7)));
        assert_eq!(dirty.beside(Uuid::from_u128(3), Timestamp(9)), dirty);
        assert_eq!(dirty.beside(one, Timestamp(9)), pin);
    }

    #[test]
    fn the_working_tree_is_no_part_of_the_digest() {
        let said = Report { instructions: vec![file("/w/AGENTS.md", "be brief")], ..Report::default() };
        let git = crate::agent::GitState {
            branch: "main".into(),
            remote: String::new(),
            diff: "+".into(),
            truncated: false,
            ..crate::agent::GitState::default()
        };
        let committed = Report { git: Some(git), ..said.clone() };
        assert_eq!(said.context_digest(), committed.context_digest());
        let other = Report { instructions: vec![file("/w/AGENTS.md", "be kind")], ..Report::default() };
        assert_ne!(said.context_digest(), other.context_digest());
    }
}
