//! What somebody asks for who wants a workspace: the same rules for people and for models.

use std::collections::BTreeMap;

use super::{Phase, Template, Wanted, Workspace, WrongParameter};
use crate::{id::WorkspaceId, limit::WORKSPACE_NAME_CHARS, port::Person, time::Timestamp};

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// What it is made from.
    pub template_id: String,
    /// What it is called; as its template, where nothing is said.
    pub name: Option<String>,
    /// The template's parameters, as far as they are given.
    pub parameters: BTreeMap<String, String>,
}

/// Why it cannot be had. The words are for models.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongWish {
    /// There is no such template.
    #[error("there is no template {0}; list_templates names them")]
    NoTemplate(String),
    /// A parameter is wrong.
    #[error("{0}; read_template says what the template takes")]
    Parameter(WrongParameter),
    /// The name is.
    #[error("`name` {0}")]
    Name(WrongName),
}

/// A name that is blank, too long, or has characters that no line has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {WORKSPACE_NAME_CHARS} characters, without control characters")]
pub struct WrongName;

impl Wish {
    /// Returns the workspace that is to be made.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn granted(
        &self,
        templates: &[Template],
        id: WorkspaceId,
        person: Person,
        now: Timestamp,
    ) -> Result<Workspace, WrongWish> {
        let template = templates.iter().find(|template| template.id == self.template_id);
        let template = template.ok_or_else(|| WrongWish::NoTemplate(self.template_id.clone()))?;
        let parameters = template.fill(&self.parameters).map_err(WrongWish::Parameter)?;
        let name = named(self.name.as_deref(), &template.display_name).map_err(WrongWish::Name)?;
        let template_id = Some(self.template_id.clone());
        Ok(Workspace { template_id, parameters, ..Workspace::begun(id, person, name, now) })
    }
}

/// Returns a name as it is kept; `otherwise` where none is given.
///
/// # Errors
/// It is none.
pub fn named(given: Option<&str>, otherwise: &str) -> Result<String, WrongName> {
    let name = given.unwrap_or(otherwise).trim();
    let fits = (1..=WORKSPACE_NAME_CHARS).contains(&name.chars().count());
    if fits && !name.chars().any(char::is_control) { Ok(name.to_owned()) } else { Err(WrongName) }
}

impl Workspace {
    /// Returns a workspace of which nothing is known yet but its name.
    #[must_use]
    pub const fn begun(id: WorkspaceId, person: Person, name: String, now: Timestamp) -> Self {
        Self {
            id,
            person,
            name,
            template_id: None,
            parameters: BTreeMap::new(),
            wanted: Wanted::Running,
            phase: Phase::Pending,
            machine: None,
            agent: None,
            failure: None,
            context_digest: None,
            edition: 1,
            last_used_at: now,
            created_at: now,
            updated_at: now,
        }
    }
}
