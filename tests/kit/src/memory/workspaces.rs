//! Machines, and which chats have calls out on them.

use chat::{
    agent::{CallToken, Report},
    diff::Checkout,
    id::{ChatId, UserId, WorkspaceId},
    limit::{BOUND_CHATS, PINNED_CHATS, WORKSPACES},
    port::{
        AcceptCalls, Agent, BindChats, CommitError, CountWorkspaces, EnrolAgents, ForgetReports,
        KeepCheckouts, KeepReports, KeepWorkspaces, Kept, ListUp, ListWorkspaces, MakeWorkspaces, PinChats,
        ReadAgents, ReadCheckouts, ReadWorkspaces, Receipt, Reported, Unavailable, WorkspacePage,
        WorkspaceQuery,
    },
    time::Timestamp,
    workspace::{Wanted, Workspace},
};

use super::{
    Memory,
    tables::{Enrolment, expired},
};

impl Memory {
    /// Makes a workspace known as it is, whatever was known of it.
    pub fn seed_workspace(&self, workspace: Workspace) {
        self.lock().workspaces.insert(workspace.id, workspace);
    }

    /// Makes known what an agent reported.
    pub fn seed_report(&self, id: WorkspaceId, report: Report) {
        self.lock().reports.insert(id, (report, None));
    }
}

impl ReadWorkspaces for Memory {
    async fn workspace(&self, id: WorkspaceId) -> Result<Option<Workspace>, Unavailable> {
        self.call("workspace", |tables, _| tables.workspaces.get(&id).cloned()).await
    }

    async fn report(&self, id: WorkspaceId) -> Result<Option<Report>, Unavailable> {
        self.call("report", |tables, _| tables.reports.get(&id).map(|(report, _)| report.clone())).await
    }
}

impl KeepWorkspaces for Memory {
    async fn put_workspace(&self, workspace: &Workspace) -> Result<(), CommitError> {
        self.call("put_workspace", |tables, _| {
            let known = tables.workspaces.get(&workspace.id).map_or(0, |known| known.edition);
            if known + 1 != workspace.edition {
                return Err(CommitError::Conflict);
            }
            tables.workspaces.insert(workspace.id, workspace.clone());
            Ok(())
        })
        .await?
    }
}

impl MakeWorkspaces for Memory {
    async fn make_workspace(
        &self,
        workspace: &Workspace,
        receipt: Option<&Receipt>,
    ) -> Result<(), CommitError> {
        self.call("make_workspace", |tables, now| {
            let is_taken = |receipt: &Receipt| {
                let held = tables.receipt(receipt.scope, &receipt.key);
                held.is_some_and(|held| !expired(held.expires_at, now))
            };
            if tables.workspaces.contains_key(&workspace.id) || receipt.is_some_and(is_taken) {
                return Err(CommitError::Conflict);
            }
            tables.workspaces.insert(workspace.id, workspace.clone());
            if let Some(receipt) = receipt {
                tables.put_receipt(receipt.clone());
            }
            Ok(())
        })
        .await?
    }
}

impl AcceptCalls for Memory {
    async fn accept(&self, token: &CallToken, at: Timestamp) -> Result<(), Unavailable> {
        self.call("accept", |tables, _| {
            let calls = tables.chats.get_mut(&token.chat_id).map(|partition| &mut partition.calls);
            let entry = calls.and_then(|calls| calls.get_mut(&token.call_id));
            if let Some(entry) = entry.filter(|entry| entry.message_id == token.message_id) {
                entry.accepted_at.get_or_insert(at);
            }
        })
        .await
    }
}

impl BindChats for Memory {
    async fn bind(&self, id: WorkspaceId, chat_id: ChatId, until: Timestamp) -> Result<(), Unavailable> {
        self.call("bind", |tables, _| {
            let bound = tables.bound.entry(id).or_default().entry(chat_id).or_insert(until);
            *bound = until.max(*bound);
        })
        .await
    }

    async fn bound(&self, id: WorkspaceId) -> Result<Vec<ChatId>, Unavailable> {
        self.call("bound", |tables, now| {
            let all = tables.bound.get(&id).into_iter().flatten();
            let live = all.filter(|(_, until)| !expired(**until, now)).map(|(chat_id, _)| *chat_id);
            let mut newest: Vec<ChatId> = live.rev().take(BOUND_CHATS).collect();
            newest.reverse();
            newest
        })
        .await
    }
}

impl PinChats for Memory {
    async fn pin(&self, id: WorkspaceId, chat_id: ChatId, until: Timestamp) -> Result<(), Unavailable> {
        self.call("pin", |tables, _| {
            tables.pinned.entry(id).or_default().insert(chat_id, until);
        })
        .await
    }

    async fn pinned(&self, id: WorkspaceId) -> Result<Vec<ChatId>, Unavailable> {
        self.call("pinned", |tables, now| {
            let newest = tables.pinned.get(&id).into_iter().flatten().rev().take(PINNED_CHATS);
            newest.filter(|(_, until)| !expired(**until, now)).map(|(chat_id, _)| *chat_id).collect()
        })
        .await
    }
}

impl ListWorkspaces for Memory {
    async fn workspaces(&self, query: &WorkspaceQuery) -> Result<WorkspacePage, Unavailable> {
        self.call("workspaces", |tables, _| {
            let listed = |workspace: &&Workspace| {
                workspace.person.user_id == query.owner_id && workspace.wanted != Wanted::Gone
            };
            let mut found: Vec<&Workspace> = tables.workspaces.values().filter(listed).collect();
            found.sort_by_key(|workspace| std::cmp::Reverse(mark(workspace)));
            if let Some(after) = &query.after {
                found.retain(|workspace| mark(workspace) < *after);
            }
            let more = found.len() > query.limit;
            found.truncate(query.limit);
            let next = found.last().filter(|_| more).map(|workspace| mark(workspace));
            WorkspacePage { workspaces: found.into_iter().cloned().collect(), next }
        })
        .await
    }
}

impl CountWorkspaces for Memory {
    async fn held(&self, owner_id: UserId) -> Result<usize, Unavailable> {
        self.call("held", |tables, _| {
            let is_theirs = |workspace: &&Workspace| {
                workspace.person.user_id == owner_id && workspace.wanted != Wanted::Gone
            };
            tables.workspaces.values().filter(is_theirs).count().min(WORKSPACES)
        })
        .await
    }
}

fn mark(workspace: &Workspace) -> String {
    format!("{:013}#{}", workspace.created_at.0, workspace.id)
}

impl ListUp for Memory {
    async fn up(&self, after: Option<WorkspaceId>, limit: usize) -> Result<Vec<WorkspaceId>, Unavailable> {
        self.call("up", |tables, _| {
            let up = tables.workspaces.values().filter(|workspace| workspace.is_up());
            let ids = up.map(|workspace| workspace.id).filter(|id| after.is_none_or(|after| *id > after));
            ids.take(limit).collect()
        })
        .await
    }
}

impl KeepReports for Memory {
    async fn put_report(
        &self,
        id: WorkspaceId,
        report: &Report,
        seen_at: Timestamp,
    ) -> Result<Kept, Unavailable> {
        self.call("put_report", |tables, _| {
            let before = tables.reports.get(&id).and_then(|(_, seen_at)| *seen_at);
            if before.is_some_and(|before| before > seen_at) {
                return Kept::Overtaken;
            }
            tables.reports.insert(id, (report.clone(), Some(seen_at)));
            Kept::Done
        })
        .await
    }
}

impl ForgetReports for Memory {
    async fn forget_reports(&self, id: WorkspaceId) -> Result<(), Unavailable> {
        self.call("forget_reports", |tables, _| {
            tables.reports.remove(&id);
            tables.checkouts.remove(&id);
        })
        .await
    }
}

impl ReadCheckouts for Memory {
    async fn reported(&self, id: WorkspaceId) -> Result<Option<Reported>, Unavailable> {
        self.call("reported", |tables, _| {
            let found = tables.reports.get(&id).cloned();
            found.map(|(report, seen_at)| Reported { report, seen_at })
        })
        .await
    }

    async fn checkout(&self, id: WorkspaceId) -> Result<Option<Checkout>, Unavailable> {
        self.call("checkout", |tables, _| tables.checkouts.get(&id).cloned()).await
    }
}

impl KeepCheckouts for Memory {
    async fn put_checkout(&self, checkout: &Checkout) -> Result<(), CommitError> {
        self.call("put_checkout", |tables, _| {
            let known = tables.checkouts.get(&checkout.workspace_id).map_or(0, |known| known.edition);
            if known + 1 != checkout.edition {
                return Err(CommitError::Conflict);
            }
            tables.checkouts.insert(checkout.workspace_id, checkout.clone());
            Ok(())
        })
        .await?
    }
}

impl ReadAgents for Memory {
    async fn agent(&self, token_hash: &str) -> Result<Option<Agent>, Unavailable> {
        self.call("agent", |tables, _| tables.agents.get(token_hash).copied()).await
    }
}

impl EnrolAgents for Memory {
    async fn put_enrolment(
        &self,
        enrolment_hash: &str,
        agent: Agent,
        expires_at: Timestamp,
    ) -> Result<(), Unavailable> {
        self.call("put_enrolment", |tables, _| {
            let enrolment = Enrolment { agent, expires_at, used_for: None };
            tables.enrolments.insert(enrolment_hash.to_owned(), enrolment);
        })
        .await
    }

    async fn exchange(&self, enrolment_hash: &str, token_hash: &str) -> Result<Option<Agent>, Unavailable> {
        self.call("exchange", |tables, now| {
            let found = tables.enrolments.get_mut(enrolment_hash);
            let found = found.filter(|found| !expired(found.expires_at, now))?;
            let agent = found.agent;
            let is_anothers =
                tables.agents.get(token_hash).is_some_and(|held| held.workspace_id != agent.workspace_id);
            let was_used = found.used_for.as_ref().is_some_and(|used| used != token_hash);
            // A secret that was used lets nobody in again whose token was taken back.
            let was_revoked = found.used_for.is_some() && !tables.agents.contains_key(token_hash);
            if is_anothers || was_used || was_revoked {
                return None;
            }
            found.used_for = Some(token_hash.to_owned());
            tables.agents.retain(|_, held| held.workspace_id != agent.workspace_id);
            tables.agents.insert(token_hash.to_owned(), agent);
            Some(agent)
        })
        .await
    }

    async fn revoke(&self, id: WorkspaceId) -> Result<(), Unavailable> {
        self.call("revoke", |tables, _| tables.agents.retain(|_, held| held.workspace_id != id)).await
    }
}
