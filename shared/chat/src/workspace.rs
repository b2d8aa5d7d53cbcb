//! Workspaces: the machines that tools run on, as a deployment knows them.

mod context;
mod template;
mod view;
mod wish;

use std::collections::BTreeMap;

pub use context::{Context, Pin};
use serde::{Deserialize, Serialize};
pub use template::{
    MachineKind, TEMPLATES_PER_PAGE, Template, TemplateParameter, TemplateView, WrongParameter,
};
use uuid::Uuid;
pub use view::{WorkspaceStatus, WorkspaceView};
pub use wish::{Wish, WrongName, WrongWish, named};

use crate::{
    id::{ConnectionId, WorkspaceId},
    port::Person,
    time::Timestamp,
};

/// A machine that tools run on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Whose it is.
    #[serde(flatten)]
    pub person: Person,
    /// What it is called.
    pub name: String,
    /// What it was made from; none for a person's own machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// The template's parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// What it shall be.
    pub wanted: Wanted,
    /// What it is.
    pub phase: Phase,
    /// The provisioner's name of the machine, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// The agent on it, while its socket is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Presence>,
    /// Why it could not become what it shall be, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The digest of what its agent last said of how to work there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_digest: Option<Uuid>,
    /// Raised by one by each write.
    pub edition: u64,
    /// When a chat last used it; coarse.
    pub last_used_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a workspace shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Up, with an agent that answers.
    Running,
    /// Down, with its disk kept.
    Stopped,
    /// Nowhere.
    Gone,
}

/// What a workspace is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing was done for it yet.
    Pending,
    /// Its machine comes up; the agent has not said hello.
    Starting,
    /// The agent has said hello since its machine came up. Whether it is connected now, [`Workspace::agent`] says.
    Running,
    /// Its machine goes down.
    Stopping,
    /// Its machine is down.
    Stopped,
    /// It could not be brought up.
    Failed,
}

/// An agent whose socket is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Its socket.
    pub connection: ConnectionId,
    /// One run of the agent's process.
    pub run_id: Uuid,
    /// The agent's version.
    pub version: String,
    /// The machine's system, such as `linux`.
    pub os: String,
    /// Where relative paths begin.
    pub folder: String,
    /// Since when.
    pub since: Timestamp,
}

impl Workspace {
    /// Returns whether we bring its machine up and down, and it shall be up or has not come down yet.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        match (&self.template_id, self.wanted, self.phase) {
            (None, ..)
            | (Some(_), Wanted::Stopped, Phase::Stopped | Phase::Failed)
            | (Some(_), Wanted::Gone, Phase::Stopped) => false,
            (Some(_), Wanted::Running | Wanted::Stopped | Wanted::Gone, _) => true,
        }
    }

    /// Returns whether nothing is left of it but its item.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        matches!((self.wanted, self.phase), (Wanted::Gone, Phase::Stopped))
    }

    /// Returns the agent that can be given calls now.
    ///
    /// # Errors
    /// Why there is none.
    pub fn ready(&self) -> Result<&Presence, NotReady> {
        match (&self.agent, self.wanted, self.phase) {
            (_, Wanted::Gone, _) => Err(NotReady::Gone),
            (_, Wanted::Stopped, _) => Err(NotReady::Stopped),
            (Some(agent), Wanted::Running, Phase::Running) => Ok(agent),
            (_, Wanted::Running, Phase::Failed) => Err(NotReady::Failed),
            (None, Wanted::Running, Phase::Running) => Err(NotReady::Disconnected),
            (_, Wanted::Running, Phase::Stopping | Phase::Stopped) => Err(NotReady::Stopped),
            (_, Wanted::Running, Phase::Pending | Phase::Starting) => Err(NotReady::Starting),
        }
    }
}

/// Why a workspace cannot be given calls. The texts are for the model: each names the way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// The chat has none.
    #[error("this chat has no workspace; call create_workspace first, or ask the user to choose one")]
    None,
    /// It was deleted.
    #[error("the workspace was deleted; call create_workspace for another one")]
    Gone,
    /// It is down.
    #[error("the workspace is stopped; call start_workspace, then try again")]
    Stopped,
    /// It comes up.
    #[error("the workspace is still starting; call start_workspace to wait for it")]
    Starting,
    /// It could not be brought up.
    #[error("the workspace could not be started; call start_workspace to try again, or tell the user")]
    Failed,
    /// It is up, and its agent is not connected.
    #[error(
        "the agent in the workspace is not connected; call start_workspace to wait for it, and if that does not \
         help tell the user to look at the machine"
    )]
    Disconnected,
}

/// Why a request about a workspace is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkspaceRefusal {
    /// The person has as many as anybody may.
    #[error("nobody may have more than {} workspaces; delete one first", crate::limit::WORKSPACES)]
    TooMany,
    /// There is none of this id, or it is somebody else's, or it is to be gone.
    #[error("there is no such workspace")]
    NoSuch,
    /// It is a person's own machine, which nobody else starts or stops.
    #[error("this is its owner's own machine; start or stop the agent on it")]
    OwnMachine,
}
