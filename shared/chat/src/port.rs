//! What the core needs of the world. Adapters implement these; each function holds the narrowest few.
//!
//! Every call ends within its adapter's timeout. [`Unavailable`] means that it is not known whether the
//! call had its effect; all of them may be repeated.

mod bus;
mod catalogue;
mod directory;
mod lists;
mod model;
mod secrets;
mod servers;
mod spend;
mod store;
mod stream;
mod workspaces;

pub use bus::{HoldWake, SendSweeps, SendWakes, TellError, TellSockets};
pub use catalogue::{KeepCatalogue, Kept, ReadCatalogue};
pub use directory::{KeepSockets, KeepTickets, KeepTokens, Person, ReadWatchers};
pub use lists::{ListChats, ListChildren, ListDue, ListLive, ListPage, ListQuery, Live};
pub use model::{Answer, AskModel};
pub use secrets::{KeyOwner, OpenError, OpenSecrets, SealSecrets};
pub use servers::{CallServers, ClaimCalls, ForgetGrants, KeepGrants, RefreshServers};
pub use spend::{CountSpend, ListSpend, ReadSpend, SeedCeilings, SpendPage, SpendQuery};
pub use store::{
    CommitChats, CommitError, CommitFamilies, EraseChats, KeepLeases, Order, Range, ReadChats, ReadHistory,
    ReadReceipts, Receipt, Renewal, Scope,
};
pub use stream::{AppendParts, Flush, KeepListeners, LogParts, Observe, Observed, ReadParts};
use uuid::Uuid;
pub use workspaces::{
    AcceptCalls, Agent, BindChats, CountWorkspaces, EnrolAgents, ForgetReports, KeepCheckouts, KeepReports,
    KeepWorkspaces, ListUp, ListWorkspaces, MakeWorkspaces, PinChats, ReadAgents, ReadCheckouts,
    ReadWorkspaces, Reported, SendMachines, SendPulls, WorkspacePage, WorkspaceQuery,
};

use crate::time::Timestamp;

/// A dependency did not answer, or not in a way that says what happened.
#[derive(Debug, thiserror::Error)]
#[error("{dependency} is unavailable: {reason}")]
pub struct Unavailable {
    /// Who.
    pub dependency: &'static str,
    /// For the log, never for people.
    pub reason: String,
}

/// The time, and names that nobody else has.
pub trait Clock: Send + Sync {
    /// Returns the wall clock's time.
    fn now(&self) -> Timestamp;
    /// Returns a new UUID of version 7.
    fn new_id(&self) -> Uuid;
}
