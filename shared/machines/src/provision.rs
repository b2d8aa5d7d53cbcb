//! What can be done to machines.

use std::collections::BTreeMap;

use chat::{id::WorkspaceId, port::Unavailable};
use serde::{Deserialize, Serialize};

/// Makes machines and does away with them. Each of these may be done again.
pub trait Provision: Send + Sync {
    /// Returns what a machine is.
    fn look(&self, machine: &str) -> impl Future<Output = Result<MachineState, Trouble>> + Send;
    /// Makes a machine and returns its name. The same order again is the same machine.
    fn run(&self, order: &Order) -> impl Future<Output = Result<String, Trouble>> + Send;
    /// Wakes one that sleeps.
    fn resume(&self, machine: &str) -> impl Future<Output = Result<(), Trouble>> + Send;
    /// Puts one to sleep, with its disk.
    fn suspend(&self, machine: &str) -> impl Future<Output = Result<(), Trouble>> + Send;
    /// Ends one, with its disk.
    fn destroy(&self, machine: &str) -> impl Future<Output = Result<(), Trouble>> + Send;
}

/// What a machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineState {
    /// It comes up, or wakes.
    Starting,
    /// It runs.
    Running,
    /// It is falling asleep.
    Stopping,
    /// It sleeps.
    Stopped,
    /// It is not there, or not for long any more.
    Gone,
}

/// A machine to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The workspace that it is for.
    pub workspace_id: WorkspaceId,
    /// The machine that it had before, which is gone: the new one is another.
    pub instead_of: Option<String>,
    /// What it begins with.
    pub image: String,
    /// What its agent is told.
    pub boot: Boot,
}

/// What a machine's agent is told when it comes up for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// The deployment's HTTP API.
    pub url: String,
    /// The one-use token that it enrols with.
    pub enrolment: String,
    /// The template's parameters.
    pub parameters: BTreeMap<String, String>,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// It would be refused again. The words are for people.
    #[error("{0}")]
    Refused(String),
    /// Nobody knows whether it was done.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
