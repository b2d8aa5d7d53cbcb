//! Calls that are taken, and what OAuth 2 servers gave.

use chat::{
    agent::CallToken,
    id::ServerId,
    mcp::Grant,
    port::{ClaimCalls, CommitError, ForgetGrants, KeepGrants, Unavailable},
    time::Timestamp,
};
use uuid::Uuid;

use super::Memory;

impl ClaimCalls for Memory {
    async fn claim(&self, token: &CallToken, claim: Uuid, at: Timestamp) -> Result<bool, Unavailable> {
        self.call("claim", |tables, _| {
            let calls = tables.chats.get_mut(&token.chat_id).map(|partition| &mut partition.calls);
            let entry = calls.and_then(|calls| calls.get_mut(&token.call_id));
            let Some(entry) = entry.filter(|entry| entry.message_id == token.message_id) else {
                return false;
            };
            if entry.accepted_at.is_some() {
                return tables.claims.get(token) == Some(&claim);
            }
            entry.accepted_at = Some(at);
            tables.claims.insert(token.clone(), claim);
            true
        })
        .await
    }
}

impl ForgetGrants for Memory {
    async fn forget_grant(&self, id: ServerId) -> Result<(), Unavailable> {
        self.call("forget_grant", |tables, _| drop(tables.grants.remove(&id))).await
    }
}

impl KeepGrants for Memory {
    async fn grant(&self, id: ServerId) -> Result<Option<Grant>, Unavailable> {
        self.call("grant", |tables, _| tables.grants.get(&id).cloned()).await
    }

    async fn put_grant(&self, id: ServerId, grant: &Grant) -> Result<(), CommitError> {
        self.call("put_grant", |tables, _| {
            let known = tables.grants.get(&id).map_or(0, |known| known.revision);
            if known + 1 != grant.revision {
                return Err(CommitError::Conflict);
            }
            tables.grants.insert(id, grant.clone());
            Ok(())
        })
        .await?
    }
}
