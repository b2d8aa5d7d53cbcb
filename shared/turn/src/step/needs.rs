//! What a step needs of the world.

use chat::port::{
    BindChats, CallServers, Clock, CommitChats, CountWorkspaces, EraseChats, KeepLeases, KeepWorkspaces,
    ListChildren, LogParts, PinChats, ReadCatalogue, ReadChats, ReadHistory, ReadParts, ReadReceipts,
    ReadSpend, ReadWorkspaces, SendMachines,
};

use crate::ports::Announce;

/// What a step needs of the world, besides the model and its own wake.
pub trait StepPorts:
    ReadChats
    + ReadCatalogue
    + ReadSpend
    + CommitChats
    + ReadHistory
    + KeepLeases
    + LogParts
    + ReadParts
    + EraseChats
    + ReadReceipts
    + ListChildren
    + ReadWorkspaces
    + KeepWorkspaces
    + CountWorkspaces
    + BindChats
    + PinChats
    + SendMachines
    + CallServers
    + Clock
    + Announce
{
}

impl<P> StepPorts for P where
    P: ReadChats
        + ReadCatalogue
        + ReadSpend
        + CommitChats
        + ReadHistory
        + KeepLeases
        + LogParts
        + ReadParts
        + EraseChats
        + ReadReceipts
        + ListChildren
        + ReadWorkspaces
        + KeepWorkspaces
        + CountWorkspaces
        + BindChats
        + PinChats
        + SendMachines
        + CallServers
        + Clock
        + Announce
{
}
