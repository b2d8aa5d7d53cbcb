//! What the store holds.

use std::collections::BTreeMap;

use chat::{
    agent::{CallToken, Report},
    call::Call,
    catalogue::{Catalogue, Preferences},
    cursor::Episode,
    diff::Checkout,
    id::{CallId, ChatId, ConnectionId, MessageId, ModelId, OrgId, QueuedId, ServerId, UserId, WorkspaceId},
    mcp::Grant,
    message::{Message, QueuedMessage},
    part::Delta,
    port::{Agent, Person, Receipt, Scope},
    record::{Chat, Snapshot, Spec},
    spend::{Day, Tally},
    time::Timestamp,
    workspace::Workspace,
};

#[derive(Default)]
pub(super) struct Tables {
    pub(super) chats: BTreeMap<ChatId, Partition>,
    pub(super) user_receipts: BTreeMap<(UserId, String), Receipt>,
    pub(super) tokens: BTreeMap<String, Person>,
    pub(super) tickets: BTreeMap<String, (Person, Timestamp)>,
    pub(super) sockets: BTreeMap<ConnectionId, (Person, Timestamp)>,
    pub(super) catalogue: Catalogue,
    pub(super) preferences_edition: u64,
    pub(super) preferences: BTreeMap<UserId, Preferences>,
    /// By whom, when, of which model and in which shard.
    pub(super) spent: BTreeMap<(OrgId, UserId, Day, ModelId, u8), Tally>,
    /// By whose, since when and in which shard; none is what it began with.
    pub(super) ceilings: BTreeMap<(OrgId, Day, Option<u8>), u64>,
    pub(super) watchers: BTreeMap<UserId, BTreeMap<ConnectionId, Timestamp>>,
    pub(super) workspaces: BTreeMap<WorkspaceId, Workspace>,
    pub(super) reports: BTreeMap<WorkspaceId, (Report, Option<Timestamp>)>,
    pub(super) checkouts: BTreeMap<WorkspaceId, Checkout>,
    pub(super) bound: BTreeMap<WorkspaceId, BTreeMap<ChatId, Timestamp>>,
    pub(super) pinned: BTreeMap<WorkspaceId, BTreeMap<ChatId, Timestamp>>,
    pub(super) enrolments: BTreeMap<String, Enrolment>,
    pub(super) agents: BTreeMap<String, Agent>,
    pub(super) claims: BTreeMap<CallToken, uuid::Uuid>,
    pub(super) grants: BTreeMap<ServerId, Grant>,
}

/// A secret that can be exchanged for a token, and for which it was.
pub(super) struct Enrolment {
    pub(super) agent: Agent,
    pub(super) expires_at: Timestamp,
    pub(super) used_for: Option<String>,
}

/// What is kept of one chat.
#[derive(Default)]
pub(super) struct Partition {
    pub(super) chat: Option<Chat>,
    /// What is left of an erased chat whose messages forks show: up to where.
    pub(super) tombstone: Option<MessageId>,
    pub(super) queue: BTreeMap<QueuedId, QueuedMessage>,
    pub(super) calls: BTreeMap<CallId, Call>,
    pub(super) messages: BTreeMap<MessageId, Message>,
    pub(super) spec: Option<Spec>,
    pub(super) receipts: BTreeMap<String, Receipt>,
    pub(super) parts: BTreeMap<Episode, BTreeMap<u64, Delta>>,
    pub(super) listeners: BTreeMap<ConnectionId, Timestamp>,
}

impl Tables {
    /// Returns a chat with its queue and its ledger, none for a deleted one.
    pub(super) fn snapshot(&self, chat_id: ChatId) -> Option<Snapshot> {
        let partition = self.chats.get(&chat_id)?;
        let chat = partition.chat.clone().filter(|chat| !chat.deleted)?;
        let queue = chat.queue.iter().filter_map(|entry| partition.queue.get(&entry.id).cloned()).collect();
        let parked = chat.calls.iter().filter(|call| call.deadline_at.is_some());
        let ledger = parked.filter_map(|call| partition.calls.get(&call.id).cloned()).collect();
        Some(Snapshot { chat, queue, ledger })
    }

    /// Returns the visible messages of a chat, those of its parents included.
    pub(super) fn visible(&self, chat: &Chat) -> Vec<Message> {
        let mut visible = Vec::new();
        for span in &chat.spans.0 {
            let owner = span.chat.unwrap_or(chat.id);
            if let Some(partition) = self.chats.get(&owner) {
                visible.extend(partition.messages.range(span.first..=span.last).map(|(_, m)| m.clone()));
            }
        }
        visible
    }

    pub(super) fn receipt(&self, scope: Scope, key: &str) -> Option<&Receipt> {
        match scope {
            Scope::Chat(chat_id) => self.chats.get(&chat_id)?.receipts.get(key),
            Scope::User(user_id) => self.user_receipts.get(&(user_id, key.to_owned())),
        }
    }

    pub(super) fn put_receipt(&mut self, receipt: Receipt) {
        let key = receipt.key.clone();
        match receipt.scope {
            Scope::Chat(chat_id) => self.partition(chat_id).receipts.insert(key, receipt),
            Scope::User(user_id) => self.user_receipts.insert((user_id, key), receipt),
        };
    }

    pub(super) fn partition(&mut self, chat_id: ChatId) -> &mut Partition {
        self.chats.entry(chat_id).or_default()
    }
}

/// Returns whether something has expired; expiry is kept in full seconds, rounded up.
pub(super) const fn expired(expires_at: Timestamp, now: Timestamp) -> bool {
    expires_at.0.div_ceil(1_000) <= now.as_secs()
}
