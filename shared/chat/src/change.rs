//! What a transition, or several in one write, shall make of a chat.

use crate::{
    agent::CallToken,
    call::Call,
    event::Event,
    id::{CallId, ChatId, MessageId, QueuedId},
    message::{Message, QueuedMessage},
    record::{Chat, Lease, Progress, Spec},
    spend::Spent,
    transition::Name,
    wake::Due,
};

/// One write: all of it happens, or nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The `snapshot_version` that the chat must still have; 0 when it must not exist.
    pub expected: u64,
    /// The chat as it shall be.
    pub chat: Chat,
    /// The transitions that it is made of, in their order.
    pub made_of: Vec<Name>,
    /// What happens to the lease.
    pub lease: LeaseChange,
    /// What happens to what the row says of the running turn.
    pub progress: ProgressChange,
    /// Messages that enter history.
    pub messages: Vec<Message>,
    /// Queued messages that are new or changed.
    pub queue_put: Vec<QueuedMessage>,
    /// Queued messages that go.
    pub queue_dropped: Vec<QueuedId>,
    /// Ledger entries that are new or changed.
    pub calls_put: Vec<Call>,
    /// Ledger entries that go.
    pub calls_dropped: Vec<CallId>,
    /// What is large and seldom changes, where it does.
    pub spec: Option<Spec>,
    /// The chat whose messages this new one shares.
    pub share: Option<Share>,
    /// What its model calls add to the counts of what is spent, an entry for each model.
    pub spent: Vec<Spent>,
    /// What sockets are told afterwards.
    pub events: Vec<Event>,
    /// The wake that follows.
    pub wake: Option<Due>,
    /// Calls out on the workspace that nobody wants answered any more.
    pub cancelled: Vec<CallToken>,
}

/// What a change does to the lease. It is renewed beside the transitions, so that the write must not
/// put back what it read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseChange {
    /// Nothing.
    Keep,
    /// Nobody holds it.
    Release,
    /// Somebody holds it now.
    Take(Lease),
}

/// What a change does to what the row says of the running turn. A heartbeat writes it too, beside the
/// transitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressChange {
    /// Nothing.
    Keep,
    /// The turn is over.
    Clear,
    /// It stands so now.
    Set(Progress),
}

impl ProgressChange {
    /// Returns what there is afterwards, where there was `before`.
    #[must_use]
    pub fn after(self, before: Option<Progress>) -> Option<Progress> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(progress) => Some(progress),
        }
    }
}

/// Messages of another chat that a fork shows: they must outlive that chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The other chat.
    pub chat_id: ChatId,
    /// Its messages up to here.
    pub through: MessageId,
    /// Up to where its messages were shared before.
    pub known: MessageId,
}
